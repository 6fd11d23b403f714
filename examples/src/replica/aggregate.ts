import { createHash } from 'node:crypto'
import type { CheckpointInfo, Decision, Slot, StateMachine } from '@persistent-log/core'
import { FieldStatistics, type JsonValue, type StoredField } from './field-statistics.js'

/** Most different field names that are followed; a data set with more is not tabular. */
const MAX_FIELDS = 200

interface StoredState {
  readonly appliedTo: number
  readonly chain: string
  readonly fields: readonly StoredField[]
}

/**
 * The replica's state machine: statistics over all commands so far, and a chain of digests. The chain ties the state to
 * every command and to their order (each link is SHA-256 over the one before and the command), so that two machines
 * agree exactly if they applied the same commands in the same order.
 */
export class Aggregate implements StateMachine {
  #appliedTo = 0
  #chain: Uint8Array = new Uint8Array(32)
  #fields = new Map<string, FieldStatistics>()

  appliedTo(): Slot {
    return this.#appliedTo
  }

  apply(decisions: readonly Pick<Decision, 'slot' | 'value'>[]): void {
    for (const { slot, value } of decisions) {
      if (slot !== this.#appliedTo) throw new Error(`slot ${slot} came where ${this.#appliedTo} was expected`)
      this.#chain = createHash('sha256').update(this.#chain).update(value).digest()
      this.#count(JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.length).toString()) as object)
      this.#appliedTo++
    }
  }

  async restore(_checkpoint: CheckpointInfo, content: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of content) chunks.push(chunk)
    // Nothing of this machine changes before the last chunk has been verified.
    const stored = JSON.parse(Buffer.concat(chunks).toString()) as StoredState
    this.#appliedTo = stored.appliedTo
    this.#chain = Buffer.from(stored.chain, 'hex')
    this.#fields = new Map(stored.fields.map((field) => [field.name, FieldStatistics.from(field)]))
  }

  /** The whole state: equal machines serialise to equal bytes. */
  serialise(): Uint8Array {
    const state: StoredState = {
      appliedTo: this.#appliedTo,
      chain: Buffer.from(this.#chain).toString('hex'),
      fields: [...this.#fields.values()].map((field) => field.stored()),
    }
    return Buffer.from(JSON.stringify(state))
  }

  /** SHA-256 of the whole state, hex. */
  digest(): string {
    return createHash('sha256').update(this.serialise()).digest('hex')
  }

  /** What the state says, a line per field. */
  describe(): string[] {
    return [...this.#fields.values()].map((field) => field.describe())
  }

  #count(command: object): void {
    for (const [name, value] of Object.entries(command) as [string, JsonValue][]) {
      let field = this.#fields.get(name)
      if (field === undefined) {
        if (this.#fields.size >= MAX_FIELDS) continue
        field = new FieldStatistics(name)
        this.#fields.set(name, field)
      }
      field.add(value)
    }
  }
}
