import type { DiskEvent } from '../disk/disk-event.js'
import { DiskImage } from '../disk/disk-image.js'
import {
  lostWith,
  SECTOR_BYTES,
  shownUnit,
  unitsOfTrace,
  type DiskModel,
  type Unit,
} from '../disk/durability.js'
import { Random } from '../running/random.js'
import type { Trace } from './trace.js'

/** A piece of the last write is all that is missing, or all that arrived, of it. In bytes of the unit. */
interface Tear {
  readonly unit: Unit
  readonly from: number
  readonly to: number
}

/** One state that the disk may be in after a crash. */
export interface CrashState {
  /** So many events had happened. */
  readonly place: number
  /** Of the units that were not flushed, those that are missing. */
  readonly lost: readonly Unit[]
  readonly tear: Tear | undefined
}

/**
 * Where the last write may be cut, of which a part arrives: `anywhere`; `between-sectors`, as devices promise it; `anywhere` and
 * in every state that is tried (`always`).
 */
export type Tearing = 'anywhere' | 'between-sectors' | 'always'

/** The units before the first pending one, applied. */
interface Base {
  readonly place: number
  readonly durable: number
  readonly image: DiskImage
}

/** Torn writes end and begin at multiples of this, in bytes. */
const TEAR_BYTES = 16
/** The last ones of what is pending are tried one by one. */
const TRIED_ALONE = 24
const RANDOM_CHOICES = 6
const TEARS = 7

/** Every state that a crash in a trace may leave behind under a model, as far as it is tried: numbered by its place. */
export class CrashStates {
  readonly trace: Trace
  readonly model: DiskModel
  readonly tearing: Tearing
  readonly states: readonly CrashState[]
  readonly #units: readonly Unit[]
  #base: Base | undefined

  constructor(trace: Trace, model: DiskModel, seed: number, tearing: Tearing = 'anywhere') {
    this.trace = trace
    this.model = model
    this.tearing = tearing
    this.#units = unitsOfTrace(trace.events, model)
    this.states = [...statesOf(trace.events, this.#units, { model, tearing, random: new Random(seed) })]
  }

  /** The files as this crash left them. */
  imageOf({ place, lost, tear }: CrashState): DiskImage {
    const base = this.#imageUpToFirstPending(place)
    const image = new DiskImage(base.image)
    const isLost = new Set(lost)
    for (const unit of this.#units.slice(base.durable)) {
      if (unit.began >= place) break
      if (!isLost.has(unit)) image.apply(unit.change)
      else if (unit === tear?.unit) applyTorn(image, tear)
    }
    return image
  }

  /** Says what a state is, for people: where the crash was, and what it took. */
  shown({ place, lost, tear }: CrashState): string {
    const isLost = new Set(lost)
    const kept = this.#units.filter((unit) => unit.began < place && unit.durable > place && !isLost.has(unit))
    const list = (units: readonly Unit[]): string => units.slice(-12).map(shownUnit).join(', ') || 'nothing'
    const torn =
      tear === undefined ? '' : `, of ${shownUnit(tear.unit)} only bytes ${tear.from} to ${tear.to}`
    return `after event ${place}; not flushed and kept: ${list(kept)}; lost: ${list(lost)}${torn}`
  }

  /** Most of a long trace is durable at any place of it: that part is made once per place. */
  #imageUpToFirstPending(place: number): Base {
    if (this.#base?.place === place) return this.#base
    const image = new DiskImage(this.trace.initial)
    let durable = 0
    for (const unit of this.#units) {
      if (unit.began >= place || unit.durable > place) break
      image.apply(unit.change)
      durable++
    }
    return (this.#base = { durable, place, image })
  }
}

function applyTorn(image: DiskImage, { unit: { change }, from, to }: Tear): void {
  if (change.kind !== 'write') return
  const { node, offset, bytes } = change
  image.apply({ kind: 'write', node, offset: offset + from, bytes: bytes.subarray(from, to) })
}

function* statesOf(
  events: readonly DiskEvent[],
  units: readonly Unit[],
  how: Choosing,
): Generator<CrashState> {
  const seen = new Set<string>()
  let pending: Unit[] = []
  let marks = 0
  let begun = 0
  for (let place = 0; place <= events.length; place++) {
    if (events[place - 1]?.kind === 'mark') marks++
    pending = pending.filter((unit) => unit.durable > place)
    for (let unit = units[begun]; unit !== undefined && unit.began < place; unit = units[++begun]) {
      if (unit.durable > place) pending.push(unit)
    }
    for (const { lost, tear } of choices(pending, how)) {
      const torn = tear === undefined ? '' : `${tear.from}-${tear.to}`
      const key = `${marks}|${begun}|${torn}|${lost.length}|${hashOf(lost, 0x811c9dc5)}|${hashOf(lost, 1)}`
      if (seen.has(key)) continue
      seen.add(key)
      yield { place, lost, tear }
    }
  }
}

/** A 32-bit hash of units in their order (FNV-1a over their numbers). */
function hashOf(units: readonly Unit[], start: number): number {
  let hash = start
  for (const { number } of units) {
    hash = Math.imul(hash ^ number, 0x01000193)
    hash ^= hash >>> 15
  }
  return hash >>> 0
}

type Choice = Pick<CrashState, 'lost' | 'tear'>

interface Choosing {
  readonly model: DiskModel
  readonly tearing: Tearing
  readonly random: Random
}

function* choices(pending: readonly Unit[], how: Choosing): Generator<Choice> {
  if (how.tearing !== 'always') yield* wholeOrNot(pending, how)
  yield* tears(pending, how)
}

function* wholeOrNot(pending: readonly Unit[], { model, random }: Choosing): Generator<Choice> {
  const lose = (units: readonly Unit[]): Choice => ({
    lost: model === 'strict' ? units : lostWith(pending, new Set(units), model),
    tear: undefined,
  })
  yield lose(pending)
  yield lose([])
  const last = pending.slice(-TRIED_ALONE)
  for (let count = 0; count < last.length; count++) yield lose(last.slice(count))
  if (model !== 'in-order') {
    for (const unit of last) {
      yield lose([unit])
      yield lose(pending.filter((other) => other !== unit))
    }
    for (let time = 0; time < RANDOM_CHOICES && pending.length > 1; time++) {
      yield lose(pending.filter(() => random.below(2) === 0))
    }
  }
}

/** The last write arrived in part: its beginning, its end, or all but a piece in the middle. */
function* tears(pending: readonly Unit[], { model, tearing, random }: Choosing): Generator<Choice> {
  const unit = pending.findLast(({ change }) => change.kind === 'write')
  if (unit?.change.kind !== 'write') return
  const { offset, bytes } = unit.change
  const { length } = bytes
  const lost = lostWith(pending, new Set([unit]), model)
  for (const cut of cutsOf(offset, length, tearing, random)) {
    if (cut <= 0 || cut >= length) continue
    yield { lost, tear: { unit, from: 0, to: cut } }
    if (model !== 'in-order') yield { lost, tear: { unit, from: cut, to: length } }
  }
}

function cutsOf(offset: number, length: number, tearing: Tearing, random: Random): readonly number[] {
  const cuts: number[] = []
  if (tearing === 'between-sectors') {
    for (let at = SECTOR_BYTES - (offset % SECTOR_BYTES); at < length; at += SECTOR_BYTES) cuts.push(at)
    return random.shuffled(cuts).slice(0, TEARS)
  }
  cuts.push(length - 1)
  for (let at = TEAR_BYTES; at < length; at += TEAR_BYTES) cuts.push(at)
  // A few bytes alone are what a careless reader takes for nothing.
  return [1 + random.below(4), ...random.shuffled(cuts).slice(0, TEARS)]
}
