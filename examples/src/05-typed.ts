// Types on top of bytes: values go through codecs, and each carries a SHA-256 digest that is checked when it is read.
//   npm run build && node examples/dist/src/05-typed.js
import { isPersistentLogError, jsonCodec, openLog, typedLog, utf8Codec } from '@persistent-log/core'

interface Transfer {
  readonly from: string
  readonly to: string
  readonly amount: number
}

const bytes = await openLog({ backend: 'memory' })
const log = typedLog(bytes, {
  decision: jsonCodec<Transfer>(),
  state: jsonCodec<Record<string, number>>(),
  configuration: utf8Codec,
})
const ballot = { round: 1, nodeId: 1 }

await log.accept({ slot: 0, ballot, value: { from: 'ada', to: 'bob', amount: 30 } })
await log.commit({ slot: 0, ballot })
const decision = await log.read(0)
console.log(`slot 0 moves ${decision?.value.amount} from ${decision?.value.from} to ${decision?.value.to}`)

// The order of the keys is no part of the value: this is the same transfer, so it is no second decision.
await log.accept({ slot: 0, ballot, value: { amount: 30, to: 'bob', from: 'ada' } })
console.log('the same value with its keys in another order: accepted again, nothing changed')

await log.checkpoints.store(1, { ada: 70, bob: 30 })
const checkpoint = await log.checkpoints.latest()
console.log(
  `checkpoint at slot ${checkpoint?.slot}: ${checkpoint?.bytes} bytes, ${checkpoint?.digest.slice(0, 16)}...`,
)

await log.configuration.store('members', { version: 1, value: 'ada, bob' })
console.log(`members, version 1: ${(await log.configuration.load('members'))?.value}`)

// Bytes that did not come through the layer have no digest: they are refused, not misread.
await bytes.learn({ slot: 1, ballot, value: Buffer.from('{"from":"eve","to":"eve","amount":1000}') })
try {
  await log.read(1)
} catch (error) {
  if (!isPersistentLogError(error, 'PLOG_DIGEST_MISMATCH')) throw error
  console.log(`slot 1 is refused: ${error.message}`)
}
await log.close()
