export * from './codes.js'
export * from './persistent-log-error.js'
export * from './raise.js'
