import { describe, it } from 'vitest'
import { register } from './suite.js'

await register({ describe, it })
