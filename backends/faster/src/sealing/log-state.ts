import type { Ledger } from '@persistent-log/core/backend'
import type { InternalEffect, StoredEffect } from '../engine/stored-effect.js'
import type { Replay } from '../recovery/replay.js'
import type { Steps } from '../turns.js'

const HEAD_BYTES = 16
const NUMBER_BYTES = 8
/** Slot, round, node, bytes. */
const ACCEPTED_NUMBERS = 4
/** Undecided slots, of which there may be very many, are encoded in steps of this many. */
const STEP_SLOTS = 4096

/** Everything that opening needs as of one place in the tail, but the bytes of the entries and where they are. */
type SmallEffect = Exclude<
  StoredEffect,
  { kind: 'relocate' | 'restate' | 'evict' | 'accept' | 'decide' | 'discard' }
>

interface SmallState {
  readonly promisedAt: number
  readonly effects: readonly SmallEffect[]
}

/**
 * Byte map, little-endian: `u32` ranges of decided slots, `u32` accepted slots, `u32` bytes of JSON, `u32` zero; then
 * `f64` from and to of each range; then `f64` slot, round, node and bytes of each accepted one; then the rest as JSON,
 * because it is small and readable in a dump. Nobody else may change the ledger meanwhile.
 */
export function* encodeState(replay: Replay): Steps<Buffer> {
  const { ledger, promisedAt } = replay
  const decided = [...ledger.decided.ranges()]
  const ranges = decided.length
  const accepted = ledger.accepted.count
  const numbers = new Float64Array(ranges * 2 + accepted * ACCEPTED_NUMBERS)
  let at = 0
  for (const { from, to } of decided) {
    numbers[at++] = from
    numbers[at++] = to
  }
  for (const { from, to } of ledger.accepted.ranges()) {
    for (let slot = from; slot < to; slot++) {
      const ballot = ledger.acceptedBallot(slot)
      numbers[at++] = slot
      numbers[at++] = ballot?.round ?? 0
      numbers[at++] = ballot?.nodeId ?? 0
      numbers[at++] = ledger.acceptedBytes(slot)
      if (slot % STEP_SLOTS === 0) yield
    }
  }
  const small: SmallState = { promisedAt, effects: smallEffects(replay) }
  const json = Buffer.from(JSON.stringify(small, bytesAsText))
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32LE(ranges, 0)
  head.writeUInt32LE(accepted, 4)
  head.writeUInt32LE(json.byteLength, 8)
  return Buffer.concat([head, Buffer.from(numbers.buffer), json])
}

/** Puts an encoded state into a replay that has seen nothing yet. */
export function restoreState(replay: Replay, bytes: Buffer): void {
  const ranges = bytes.readUInt32LE(0)
  const accepted = bytes.readUInt32LE(4)
  const jsonAt = HEAD_BYTES + (ranges * 2 + accepted * ACCEPTED_NUMBERS) * NUMBER_BYTES
  const text = bytes.toString('utf8', jsonAt, jsonAt + bytes.readUInt32LE(8))
  const small = JSON.parse(text, textAsBytes) as SmallState
  for (const effect of small.effects) replay.note(effect)
  replay.promisedAt = small.promisedAt
  const { ledger } = replay
  let at = HEAD_BYTES
  const next = (): number => bytes.readDoubleLE((at += NUMBER_BYTES) - NUMBER_BYTES)
  for (let range = 0; range < ranges; range++) ledger.decided.add(next(), next())
  for (let one = 0; one < accepted; one++) {
    const slot = next()
    ledger.addAccepted(slot, { round: next(), nodeId: next() }, next())
  }
}

function smallEffects({ ledger, isWeak, isClosed, firstSegment }: Replay): SmallEffect[] {
  const effects: SmallEffect[] = [{ kind: 'compact', before: ledger.point, ballot: ledger.compactedBallot }]
  if (ledger.promised) effects.push({ kind: 'promise', ballot: ledger.promised })
  effects.push(...configurationsOf(ledger))
  for (const checkpoint of ledger.checkpoints) effects.push({ kind: 'checkpoint', checkpoint })
  const internal: InternalEffect[] = [{ kind: 'retire', before: firstSegment }]
  if (ledger.votesLost) internal.push({ kind: 'votes-lost' })
  if (isWeak) internal.push({ kind: 'weak-begin' })
  if (isClosed) internal.push({ kind: 'close' })
  return [...effects, ...(internal as SmallEffect[])]
}

function configurationsOf({ configurations }: Ledger): SmallEffect[] {
  return [...configurations].map(([name, { version, value }]) => ({
    kind: 'configure',
    name,
    version,
    value,
  }))
}

const BYTES_KEY = 'base64'

function bytesAsText(this: unknown, key: string, value: unknown): unknown {
  // A Buffer turns itself into something else before it is handed over.
  const original = (this as Record<string, unknown>)[key]
  return original instanceof Uint8Array ? { [BYTES_KEY]: Buffer.from(original).toString('base64') } : value
}

function textAsBytes(_key: string, value: unknown): unknown {
  const text = (value as { [BYTES_KEY]?: unknown } | null)?.[BYTES_KEY]
  return typeof text === 'string' ? new Uint8Array(Buffer.from(text, 'base64')) : value
}
