import { compareBallots, type AcceptedPiece, type Ledger } from '@persistent-log/core/backend'
import type { InternalEffect, StoredEffect } from '../engine/stored-effect.js'
import type { Replay } from '../recovery/replay.js'
import type { Steps } from '../turns.js'

const HEAD_BYTES = 16
const NUMBER_BYTES = 8
/** From, to. */
const RANGE_NUMBERS = 2
/** From, to, round, node, bytes. */
const RUN_NUMBERS = 5
/** Stands for the bytes of a run whose proposals differ in them. */
const DIFFERS = -1
const SIZE_BYTES = 4
/** Undecided slots, of which there may be very many, are encoded in steps of this many pieces. */
const STEP_PIECES = 64

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
 * Byte map, little-endian: `u32` ranges of decided slots, `u32` runs of accepted ones, `u32` bytes of JSON, `u32` sizes; then
 * `f64` from and to of each range; then `f64` from, to, round, node and bytes of each run, which has one ballot and one size;
 * then the rest as JSON, because it is small and readable in a dump. Where sizes differ, the bytes of the run are -1,
 * and its slots have an `u32` each in what follows. In pieces: of undecided slots there may be very many. Nobody else may
 * change the ledger meanwhile.
 */
export function* encodeState(replay: Replay): Steps<readonly Buffer[]> {
  const { ledger, promisedAt } = replay
  const ranges = [...ledger.decided.ranges()].flatMap(({ from, to }) => [from, to])
  const { runs, sizes } = yield* acceptedOf(ledger)
  const small: SmallState = { promisedAt, effects: smallEffects(replay) }
  const json = Buffer.from(JSON.stringify(small, bytesAsText))
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32LE(ranges.length / RANGE_NUMBERS, 0)
  head.writeUInt32LE(runs.length / RUN_NUMBERS, 4)
  head.writeUInt32LE(json.byteLength, 8)
  head.writeUInt32LE(sizes.length, 12)
  const numbers = Float64Array.from(ranges.concat(runs))
  return [
    Buffer.concat([head, Buffer.from(numbers.buffer), json]),
    ...(sizes.length > 0 ? [Buffer.from(sizes.buffer, 0, sizes.byteLength)] : []),
  ]
}

/** The numbers of the runs of undecided slots, and the sizes of those that differ. */
function* acceptedOf(ledger: Ledger): Steps<{ readonly runs: number[]; readonly sizes: Uint32Array }> {
  const runs: number[] = []
  const sizes = new Uint32Array(ledger.accepted.count)
  let differing = 0
  let pieces = 0
  let last: AcceptedPiece | undefined
  let lastSize = DIFFERS
  for (const piece of ledger.acceptedPieces()) {
    const { from, to, ballot, bytes } = piece
    const size = sizeOfEach(bytes)
    if (last?.to === from && size === lastSize && compareBallots(last.ballot, ballot) === 0) {
      runs[runs.length - RUN_NUMBERS + 1] = to
    } else {
      runs.push(from, to, ballot.round, ballot.nodeId, size)
    }
    if (size === DIFFERS) {
      sizes.set(bytes, differing)
      differing += bytes.length
    }
    last = piece
    lastSize = size
    if (++pieces % STEP_PIECES === 0) yield
  }
  return { runs, sizes: sizes.subarray(0, differing) }
}

function sizeOfEach(sizes: Float64Array): number {
  const first = sizes[0]!
  for (let at = 1; at < sizes.length; at++) if (sizes[at] !== first) return DIFFERS
  return first
}

/** Puts an encoded state into a replay that has seen nothing yet. */
export function restoreState(replay: Replay, bytes: Buffer): void {
  const ranges = bytes.readUInt32LE(0)
  const runs = bytes.readUInt32LE(4)
  const jsonAt = HEAD_BYTES + (ranges * RANGE_NUMBERS + runs * RUN_NUMBERS) * NUMBER_BYTES
  const sizesAt = jsonAt + bytes.readUInt32LE(8)
  const small = JSON.parse(bytes.toString('utf8', jsonAt, sizesAt), textAsBytes) as SmallState
  for (const effect of small.effects) replay.note(effect)
  replay.promisedAt = small.promisedAt
  const { ledger } = replay
  let at = HEAD_BYTES
  let sizeAt = sizesAt
  const next = (): number => bytes.readDoubleLE((at += NUMBER_BYTES) - NUMBER_BYTES)
  for (let range = 0; range < ranges; range++) ledger.decided.add(next(), next())
  for (let run = 0; run < runs; run++) {
    const [from, to] = [next(), next()]
    const ballot = { round: next(), nodeId: next() }
    const size = next()
    for (let slot = from; slot < to; slot++) {
      ledger.addAccepted(slot, ballot, size === DIFFERS ? bytes.readUInt32LE(sizeAt) : size)
      if (size === DIFFERS) sizeAt += SIZE_BYTES
    }
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
