export { recover, type RecoverableLog, type RecoverOptions } from './recover.js'
export type { RecoveryProgress, StateRecoveryReport } from './report.js'
export type { StateMachine } from './state-machine.js'
