import type { CommitId, Decision, DiscardResult, Proposal } from '@persistent-log/core'
import type { ModelSlot } from '../model/model-state.js'
import type { Mutant } from './mutant.js'

/** Defects in slots, values, batches and discards. */
export const slotMutants: readonly Mutant[] = [
  {
    name: 'emptyValueIsMissing',
    defect: 'an empty value is taken for no value',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override held(slot: number): ModelSlot | undefined {
          const held = super.held(slot)
          return held?.value.length === 0 ? undefined : held
        }
      },
    }),
  },
  {
    name: 'zeroMeansNone',
    defect: 'an end of 0 is taken for no end',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override slots(from?: number, to?: number): number[] {
          return super.slots(from, to || Infinity)
        }
      },
    }),
  },
  {
    name: 'scanLexOrder',
    defect: 'slots are ordered as text',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override slots(from?: number, to?: number): number[] {
          return super.slots(from, to).map(String).sort().map(Number)
        }
      },
    }),
  },
  {
    name: 'scanInsertionOrder',
    defect: 'slots come in the order in which they were stored',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override slots(from = this.state.point, to = Infinity): number[] {
          return [...this.state.slots.keys()].filter((slot) => slot >= from && slot < to)
        }
      },
    }),
  },
  {
    name: 'littleEndianKeys',
    defect: 'slots are ordered by their low byte first',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override slots(from?: number, to?: number): number[] {
          return super.slots(from, to).sort((a, b) => (a % 256) - (b % 256) || a - b)
        }
      },
    }),
  },
  {
    name: 'contiguousFromZero',
    defect: 'contiguousTo is counted from slot 0',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override contiguousTo(): number {
          return this.state.slots.get(0)?.decided || this.state.point === 0 ? super.contiguousTo() : 0
        }
      },
    }),
  },
  {
    name: 'contiguousCountsAccepted',
    defect: 'contiguousTo runs over accepted proposals',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override contiguousTo(): number {
          let slot = this.state.point
          while (this.state.slots.has(slot)) slot++
          return slot
        }
      },
    }),
  },
  {
    name: 'nextSlotOfDecisionsOnly',
    defect: 'nextSlot ignores accepted proposals',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override nextSlot(): number {
          const decided = this.slots().filter((slot) => this.state.slots.get(slot)?.decided)
          return Math.max(this.state.point, (decided.at(-1) ?? -1) + 1)
        }
      },
    }),
  },
  {
    name: 'readShowsAccepted',
    defect: 'read shows proposals that are not decided',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override read(slot: number): ModelSlot | undefined {
          return this.held(slot)
        }
      },
    }),
  },
  {
    name: 'decidedStaysAccepted',
    defect: 'a decided slot is still read as a proposal',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override readAccepted(slot: number): ModelSlot | undefined {
          return this.held(slot)
        }
      },
    }),
  },
  {
    name: 'aliasValue',
    defect: "the caller's own bytes are kept",
    plant: ({ Model }) => ({
      Model: class extends Model {
        override copy(bytes: Uint8Array): Uint8Array {
          return bytes
        }
      },
    }),
  },
  {
    name: 'borrowedValue',
    defect: 'a commit keeps bytes that the engine only lent, until the next commit of the turn',
    plant: ({ Model }) => ({
      Model: class extends Model {
        readonly #lent = new Set<number>()

        override commit(id: CommitId): void {
          super.commit(id)
          this.#lent.add(id.slot)
          setImmediate(() => this.#lent.clear())
          const newest = this.held(id.slot)
          for (const slot of this.#lent) {
            const held = this.held(slot)
            if (held && newest) this.state.slots.set(slot, { ...held, value: newest.value })
          }
        }
      },
    }),
  },
  {
    name: 'ignoresByteOffset',
    defect: 'a view is stored from the start of its buffer',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override copy(bytes: Uint8Array): Uint8Array {
          return new Uint8Array(bytes.buffer.slice(0, bytes.length))
        }
      },
    }),
  },
  {
    name: 'batchPartial',
    defect: 'a batch is stored item by item until one is refused',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override learnAll(decisions: readonly Decision[]): void {
          decisions.forEach((decision, index) => super.learnAll([...decisions.slice(0, index), decision]))
        }
      },
    }),
  },
  {
    name: 'batchCutShort',
    defect: 'of a batch only the first 8,192 slots are stored',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override learnAll(decisions: readonly Decision[]): void {
          super.learnAll(decisions.slice(0, 8_192))
        }
      },
    }),
  },
  {
    name: 'batchSkipsOffenders',
    defect: 'a batch is stored without the items that are refused',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override acceptAll(proposals: readonly Proposal[], discardFrom?: number): void {
          const good = proposals.filter(({ slot }) => !this.state.slots.get(slot)?.decided)
          super.acceptAll(good, discardFrom)
        }
      },
    }),
  },
  {
    name: 'discardDropsCommitted',
    defect: 'a discard drops decisions too',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override drop(from: number, to: number): DiscardResult {
          const result = super.drop(from, to)
          for (const slot of this.slots(from, to)) this.state.slots.delete(slot)
          return result
        }
      },
    }),
  },
  {
    name: 'discardInclusiveEnd',
    defect: 'a discard takes the slot at its end too',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override drop(from: number, to: number): DiscardResult {
          return super.drop(from, to + 1)
        }
      },
    }),
  },
  {
    name: 'discardCountsBackwards',
    defect: 'a discard that ends below its start counts less than nothing',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override drop(from: number, to: number): DiscardResult {
          const { discarded, keptCommitted } = super.drop(from, to)
          return {
            discarded,
            keptCommitted: to < from ? keptCommitted - super.drop(to, from).keptCommitted : keptCommitted,
          }
        }
      },
    }),
  },
  {
    name: 'discardForgetsPromise',
    defect: 'a discard takes the promise with it',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override discard(from: number, to?: number): DiscardResult {
          this.state.promised = undefined
          return super.discard(from, to)
        }
      },
    }),
  },
  {
    name: 'discardFromIgnored',
    defect: 'acceptAll leaves the conflicting suffix where it is',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override acceptAll(proposals: readonly Proposal[]): void {
          super.acceptAll(proposals)
        }
      },
    }),
  },
  {
    name: 'discardFromBeforeJudging',
    defect: 'acceptAll drops the suffix, then refuses the batch',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override acceptAll(proposals: readonly Proposal[], discardFrom?: number): void {
          if (discardFrom !== undefined) this.discard(discardFrom)
          super.acceptAll(proposals, discardFrom)
        }
      },
    }),
  },
]
