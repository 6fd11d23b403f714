import { register } from './suite.js'

await register()
