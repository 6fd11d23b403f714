import { shownEntry } from '../running/dump.js'
import { bytes } from '../running/values.js'
import { asPlain, sha256, type Observation } from './observation.js'
import { CONFIGURATION_NAMES, type Operation, type PlainEntry, type PlainId } from './operation.js'
import { hex } from '../running/values.js'

interface OracleSlot extends PlainEntry {
  readonly decided: boolean
}

interface PlainBallot {
  readonly round: number
  readonly nodeId: number
}

const NONE: ReadonlySet<number> = new Set()

const order = (a: PlainBallot, b: PlainBallot): number => a.round - b.round || a.nodeId - b.nodeId

/**
 * What a log must hold after the calls that were acknowledged. Small on purpose: it judges only whether a call could
 * have succeeded, and knows nothing about files, order of flushes or errors.
 */
export class Oracle {
  readonly slots: Map<number, OracleSlot>
  readonly configurations: Map<string, { readonly version: number; readonly value: string }>
  readonly checkpoints: { readonly slot: number; readonly content: string }[]
  point: number
  compactedBallot: PlainBallot | undefined
  promised: PlainBallot | undefined

  constructor(firstSlot = 0, from?: Oracle) {
    this.slots = new Map(from?.slots)
    this.configurations = new Map(from?.configurations)
    this.checkpoints = [...(from?.checkpoints ?? [])]
    this.point = from?.point ?? firstSlot
    this.compactedBallot = from?.compactedBallot
    this.promised = from?.promised
  }

  copy(): Oracle {
    return new Oracle(this.point, this)
  }

  /**
   * Makes a call take effect; false, and nothing else, when it would have been refused. A discard passes what is decided,
   * and the slots that were so when it was judged.
   */
  apply(operation: Operation, passed: ReadonlySet<number> = NONE): boolean {
    switch (operation.kind) {
      case 'accept':
        return this.#acceptAll([operation.entry], undefined, passed)
      case 'acceptAll':
        return this.#acceptAll(operation.entries, operation.discardFrom, passed)
      case 'learn':
        return this.#learnAll([operation.entry])
      case 'learnAll':
        return this.#learnAll(operation.entries)
      case 'commit':
        return this.#commitAll([operation.id])
      case 'commitAll':
        return this.#commitAll(operation.ids)
      case 'promise': {
        if (this.promised && order(operation, this.promised) < 0) return false
        this.promised = { round: operation.round, nodeId: operation.nodeId }
        return true
      }
      case 'discard':
        if (operation.from < this.point) return false
        this.#discard(operation.from, operation.to ?? Infinity, passed)
        return true
      case 'configure': {
        const { name, version, value } = operation
        if (version <= (this.configurations.get(name)?.version ?? -1)) return false
        this.configurations.set(name, { version, value })
        return true
      }
      case 'checkpoint':
        if (operation.slot > this.contiguousTo()) return false
        this.checkpoints.push({ slot: operation.slot, content: operation.content })
        return true
      case 'compact':
        return this.#compact(operation.before)
      case 'flush':
        return true
    }
  }

  contiguousTo(): number {
    let slot = this.point
    while (this.slots.get(slot)?.decided === true) slot++
    return slot
  }

  nextSlot(): number {
    return Math.max(this.point, ...[...this.slots.keys()].map((slot) => slot + 1))
  }

  accepted(): OracleSlot[] {
    return [...this.slots.values()].filter(({ decided }) => !decided)
  }

  /** What the log must show at a slot, as a line of an observation. */
  entryAt(slot: number): string | undefined {
    const held = this.slots.get(slot)
    return held && shown(held)
  }

  /** What the log must show. */
  expected(): Observation {
    const sorted = [...this.slots.values()].sort((a, b) => a.slot - b.slot)
    const decided = sorted.filter((held) => held.decided).map(({ slot }) => slot)
    const nextSlot = this.nextSlot()
    return asPlain({
      bounds: {
        compactedBefore: this.point,
        compactedBallot: this.compactedBallot,
        contiguousTo: this.contiguousTo(),
        nextSlot,
        lowest: decided[0],
        highest: decided.at(-1),
        committedCount: decided.length,
        acceptedCount: sorted.length - decided.length,
        damagedCount: 0,
        missingCount: nextSlot - this.point - sorted.length,
      },
      promised: this.promised,
      entries: sorted.map(shown),
      checkpoints: this.checkpoints.map(({ slot, content }) => {
        const state = bytes(content)
        return `${slot} ${state.length} ${sha256(state)} - -`
      }),
      configurations: CONFIGURATION_NAMES.flatMap((name) => {
        const record = this.configurations.get(name)
        return record ? [`${name} ${record.version} ${hex(bytes(record.value))}`] : []
      }),
      states: this.checkpoints.map(({ slot, content }) => `${slot} ${sha256(bytes(content))}`),
    })
  }

  #acceptAll(
    entries: readonly PlainEntry[],
    discardFrom: number | undefined,
    passed: ReadonlySet<number>,
  ): boolean {
    const dropped = (slot: number): boolean =>
      discardFrom !== undefined && slot >= discardFrom && !passed.has(slot)
    const isNew: PlainEntry[] = []
    for (const entry of entries) {
      const stored = this.slots.get(entry.slot)
      const counts = stored !== undefined && (stored.decided || !dropped(entry.slot))
      if (entry.slot < this.point) return false
      if (counts && (stored.decided || order(stored, entry) === 0)) {
        if (stored.value !== entry.value) return false
        continue
      }
      if (this.promised && order(entry, this.promised) < 0) return false
      if (counts && order(entry, stored) < 0) return false
      isNew.push(entry)
    }
    if (discardFrom !== undefined) this.#discard(discardFrom, Infinity, passed)
    for (const entry of isNew) this.slots.set(entry.slot, { ...entry, decided: false })
    return true
  }

  #learnAll(entries: readonly PlainEntry[]): boolean {
    const decide: OracleSlot[] = []
    for (const entry of entries) {
      const stored = this.slots.get(entry.slot)
      if (entry.slot < this.point) return false
      const same = stored !== undefined && order(stored, entry) === 0
      if ((stored?.decided === true || same) && stored?.value !== entry.value) return false
      if (stored?.decided === true) continue
      const proof = entry.proof ?? (same ? stored.proof : undefined)
      decide.push({ ...entry, decided: true, ...(proof !== undefined && { proof }) })
    }
    for (const entry of decide) this.slots.set(entry.slot, entry)
    return true
  }

  #commitAll(ids: readonly PlainId[]): boolean {
    const possible = ids.every((id) => {
      const stored = this.slots.get(id.slot)
      return stored !== undefined && (stored.decided || order(stored, id) === 0)
    })
    if (!possible) return false
    for (const { slot, proof } of ids) {
      const stored = this.slots.get(slot)
      if (stored === undefined || stored.decided) continue
      this.slots.set(slot, { ...stored, decided: true, ...(proof !== undefined && { proof }) })
    }
    return true
  }

  #discard(from: number, to: number, passed: ReadonlySet<number>): void {
    for (const { slot } of this.accepted()) {
      if (slot >= from && slot < to && !passed.has(slot)) this.slots.delete(slot)
    }
  }

  #compact(before: number): boolean {
    if (before > this.contiguousTo()) return false
    if (before <= this.point) return true
    const last = this.slots.get(before - 1)
    this.compactedBallot = last && { round: last.round, nodeId: last.nodeId }
    for (const slot of this.slots.keys()) if (slot < before) this.slots.delete(slot)
    this.point = before
    return true
  }
}

function shown({ slot, round, nodeId, value, proof, decided }: OracleSlot): string {
  return shownEntry({
    slot,
    ballot: { round, nodeId },
    value: bytes(value),
    proof: proof === undefined ? undefined : bytes(proof),
    status: decided ? 'decided' : 'accepted',
  })
}
