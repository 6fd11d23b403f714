import { describe, it } from 'node:test'
import { register } from './suite.js'

await register({ describe, it })
