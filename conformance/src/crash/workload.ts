import { SURVIVALS, survivesAtLeast, type Capabilities, type Survival } from '@persistent-log/core'
import type { Random } from '../running/random.js'
import { CONFIGURATION_NAMES, type Operation, type PlainEntry } from './operation.js'
import type { Oracle } from './oracle.js'

/** What a workload is made from. */
export interface WorkloadOrder {
  /** What the log holds. */
  readonly base: Oracle
  readonly count: number
  readonly random: Random
  readonly capabilities: Capabilities
  /** The least that a call asks for where it may choose. Default: `process-crash`. */
  readonly weakest?: Survival
  /** Characters of each value. All are of one length: stale bytes behind a cut would fit exactly. */
  readonly valueLength: number
  /** Distinguishes the values of this workload from those of every other one. */
  readonly label: string
}

/** The value that call number `at` writes to a slot. */
export function textOf({ label, valueLength }: WorkloadOrder, at: number, slot: number): string {
  return `${label}/${at}/${slot};`.repeat(valueLength).slice(0, valueLength)
}

const MOST_IN_BATCH = 6

/** The levels that calls ask for, as far as the log offers them; by default those that a SIGKILL must not cost anything. */
function levels({
  capabilities: { survives },
  weakest = 'process-crash',
}: WorkloadOrder): (Survival | undefined)[] {
  const offered = SURVIVALS.filter(
    (level) =>
      survivesAtLeast(level, weakest) &&
      survivesAtLeast(survives.accept, level) &&
      survivesAtLeast(survives.commit, level),
  )
  return [undefined, ...offered]
}

/**
 * Calls that a log must grant, in order, each judged on those before it: accepts and commits out of order and with gaps,
 * rising ballots, batches, discards, records, checkpoints, compactions.
 */
export function planWorkload(order: WorkloadOrder): Operation[] {
  const planner = new Planner(order)
  return Array.from({ length: order.count }, (_, at) => planner.next(at))
}

class Planner {
  readonly #order: WorkloadOrder
  readonly #state: Oracle
  readonly #levels: readonly (Survival | undefined)[]
  #round: number

  constructor(order: WorkloadOrder) {
    this.#order = order
    this.#state = order.base.copy()
    this.#levels = levels(order)
    this.#round = Math.max(
      1,
      this.#state.promised?.round ?? 0,
      ...this.#state.accepted().map(({ round }) => round),
    )
  }

  next(at: number): Operation {
    for (;;) {
      const operation = this.#draw(at)
      if (operation !== undefined && this.#state.apply(operation)) return operation
    }
  }

  #draw(at: number): Operation | undefined {
    const { random } = this.#order
    const accepted = this.#state.accepted()
    const survives = this.#levels[random.below(this.#levels.length)]
    const asked = survives === undefined ? {} : { survives }
    const [first] = random.shuffled(accepted)
    const kind = random.below(40)
    if (kind < 11) return { kind: 'accept', entry: this.#entry(at, this.#freshSlot()), ...asked }
    if (kind < 13) return first && { kind: 'accept', entry: this.#entry(at, first.slot), ...asked }
    if (kind < 22) {
      const proof = random.below(3) === 0 ? { proof: `commit ${at}` } : {}
      return (
        first && { kind: 'commit', id: { slot: first.slot, ...this.#ballotOf(first), ...proof }, ...asked }
      )
    }
    if (kind < 26) return { kind: 'acceptAll', entries: this.#batch(at), ...asked }
    if (kind < 28) {
      const ids = random
        .shuffled(accepted)
        .slice(0, Math.min(MOST_IN_BATCH, this.#order.capabilities.limits.batchSlots))
      const plain = ids.map((held) => ({ slot: held.slot, ...this.#ballotOf(held) }))
      return ids.length > 0 ? { kind: 'commitAll', ids: plain, ...asked } : undefined
    }
    if (kind < 30) return { kind: 'learn', entry: this.#entry(at, this.#lowestOpenSlot()), ...asked }
    if (kind < 32) return { kind: 'learnAll', entries: this.#batch(at), ...asked }
    if (kind === 32) return { kind: 'promise', round: ++this.#round, nodeId: random.below(3) }
    if (kind === 33) return { kind: 'discard', from: this.#state.nextSlot() - random.below(4), ...asked }
    if (kind === 34) return this.#conflict(at)
    if (kind < 37) return this.#configuration(at)
    if (kind === 37) return this.#checkpoint(at)
    if (kind === 38) return this.#compaction()
    return { kind: 'flush' }
  }

  /** Raft's append over a conflicting suffix: drops what is undecided from a slot on and stores the batch. */
  #conflict(at: number): Operation {
    const decided = [...this.#state.slots.values()].filter((held) => held.decided).map(({ slot }) => slot)
    const discardFrom = Math.max(this.#state.point, ...decided.map((slot) => slot + 1))
    const entries = [0, 1, 2].map((offset) => this.#entry(at, discardFrom + offset))
    return { kind: 'acceptAll', entries, discardFrom }
  }

  #configuration(at: number): Operation | undefined {
    const name = CONFIGURATION_NAMES[this.#order.random.below(CONFIGURATION_NAMES.length)]
    if (name === undefined) return undefined
    const version = (this.#state.configurations.get(name)?.version ?? 0) + 1
    return { kind: 'configure', name, version, value: textOf(this.#order, at, version) }
  }

  #checkpoint(at: number): Operation | undefined {
    const slot = this.#state.contiguousTo()
    const newest = this.#state.checkpoints.at(-1)?.slot ?? this.#state.point
    if (slot <= newest) return undefined
    return { kind: 'checkpoint', slot, content: textOf(this.#order, at, slot).repeat(20), alone: true }
  }

  #compaction(): Operation | undefined {
    const newest = this.#state.checkpoints.at(-1)?.slot ?? 0
    const before = newest - this.#order.random.below(4)
    return before > this.#state.point ? { kind: 'compact', before, alone: true } : undefined
  }

  #batch(at: number): PlainEntry[] {
    const drawn = 2 + this.#order.random.below(MOST_IN_BATCH - 1)
    const count = Math.min(drawn, this.#order.capabilities.limits.batchSlots)
    const from = this.#state.nextSlot()
    return Array.from({ length: count }, (_, offset) => this.#entry(at, from + offset))
  }

  #entry(at: number, slot: number): PlainEntry {
    const proof = this.#order.random.below(4) === 0 ? { proof: `proof ${at}` } : {}
    return {
      slot,
      round: ++this.#round,
      nodeId: this.#order.random.below(3),
      value: textOf(this.#order, at, slot),
      ...proof,
    }
  }

  /** Mostly the next one, sometimes behind a gap. */
  #freshSlot(): number {
    return this.#state.nextSlot() + (this.#order.random.below(4) === 0 ? 1 + this.#order.random.below(2) : 0)
  }

  /** Gaps are learned, so that the log gets on. */
  #lowestOpenSlot(): number {
    return this.#state.contiguousTo()
  }

  #ballotOf({ round, nodeId }: PlainEntry): { readonly round: number; readonly nodeId: number } {
    return { round, nodeId }
  }
}
