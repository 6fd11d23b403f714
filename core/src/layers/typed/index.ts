export { bytesCodec, jsonCodec, utf8Codec, type Codec } from './codec.js'
export { typedLog, type TypedCodecs } from './log-of-values.js'
export { DIGEST_BYTES } from './sealed-value.js'
export type {
  Typed,
  TypedCheckpoints,
  TypedConfiguration,
  TypedDecision,
  TypedEntry,
  TypedLog,
  TypedProposal,
  TypedRecord,
  TypedScan,
} from './typed-log.js'
export { typedStateMachine, type TypedStateMachine } from './typed-state-machine.js'
