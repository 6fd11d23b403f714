import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ModelSlot, ModelState } from '../model/model-state.js'
import type { Mutant } from './mutant.js'

/** A part of the state that is not written: it is lost with the next reopen. */
function forgets(name: string, defect: string, written: (state: ModelState) => Partial<ModelState>): Mutant {
  return {
    name,
    defect,
    plant: ({ Core }) => ({
      Core: class extends Core {
        override toDisk(state: ModelState): ModelState {
          return { ...state, ...written(state) }
        }
      },
    }),
  }
}

const mapSlots = (
  state: ModelState,
  change: (held: ModelSlot) => ModelSlot | undefined,
): Map<number, ModelSlot> =>
  new Map([...state.slots].flatMap(([slot, held]) => [[slot, change(held)] as const]).filter(isKept))

const isKept = (entry: readonly [number, ModelSlot | undefined]): entry is [number, ModelSlot] =>
  entry[1] !== undefined

/** Defects that show after reopening. */
export const diskMutants: readonly Mutant[] = [
  forgets('acceptLostOnReopen', 'proposals are kept in memory only', (state) => ({
    slots: mapSlots(state, (held) => (held.decided ? held : undefined)),
  })),
  forgets('commitFlagLostOnReopen', 'a decision is a proposal again after reopening', (state) => ({
    slots: mapSlots(state, (held) => ({ ...held, decided: false })),
  })),
  forgets('proofLostOnReopen', 'proofs are kept in memory only', (state) => ({
    slots: mapSlots(state, (held) => ({ ...held, proof: undefined })),
  })),
  forgets('ballotRoundTruncated', 'a round is stored in 32 bits', (state) => ({
    slots: mapSlots(state, (held) => ({
      ...held,
      ballot: { ...held.ballot, round: held.ballot.round % 2 ** 32 },
    })),
  })),
  forgets('slotTruncated', 'a slot is stored in 32 bits', (state) => ({
    slots: new Map([...state.slots].map(([slot, held]) => [slot % 2 ** 32, held])),
  })),
  forgets('promiseVolatile', 'the promise is kept in memory only', () => ({ promised: undefined })),
  forgets('cfgVolatile', 'configuration is kept in memory only', () => ({ configurations: new Map() })),
  forgets('checkpointVolatile', 'checkpoints are kept in memory only', () => ({ checkpoints: [] })),
  forgets('onlyNewestCheckpointKept', 'opening forgets the older checkpoints', ({ checkpoints }) => ({
    checkpoints: checkpoints.slice(-1),
  })),
  forgets('trimNotPersisted', 'the point is kept in memory only', () => ({ point: 0 })),
  forgets('compactedBallotForgotten', 'the ballot below the point is kept in memory only', () => ({
    compactedBallot: undefined,
  })),
  {
    name: 'discardNotDurable',
    defect: 'what was discarded is back after reopening',
    plant: ({ Core }) => ({
      Core: class extends Core {
        readonly #seen = new Map<number, ModelSlot>()

        override toDisk(state: ModelState): ModelState {
          for (const [slot, held] of state.slots) this.#seen.set(slot, held)
          return { ...state, slots: new Map([...this.#seen].filter(([slot]) => slot >= state.point)) }
        }
      },
    }),
  },
  {
    name: 'replacementNotDurable',
    defect: 'the first proposal of a slot is back after reopening',
    plant: ({ Core }) => ({
      Core: class extends Core {
        readonly #first = new Map<number, ModelSlot>()

        override toDisk(state: ModelState): ModelState {
          for (const [slot, held] of state.slots) if (!this.#first.has(slot)) this.#first.set(slot, held)
          const older = (slot: number, held: ModelSlot): ModelSlot =>
            held.decided ? held : (this.#first.get(slot) ?? held)
          return {
            ...state,
            slots: new Map([...state.slots].map(([slot, held]) => [slot, older(slot, held)])),
          }
        }
      },
    }),
  },
  {
    name: 'oldStatesStay',
    defect: 'every state that was ever written stays on the disk',
    plant: ({ Disk }) => ({
      Disk: class extends Disk {
        declare place: string

        override makePlace(directory: string): string {
          return (this.place = super.makePlace(directory))
        }

        override saveNow(state: ModelState, clean?: boolean): void {
          super.saveNow(state, clean)
          const bytes = [...state.slots.values()].reduce((sum, { value }) => sum + value.length, 0)
          writeFileSync(join(this.place, `old-${randomUUID()}`), Buffer.alloc(bytes, 1))
        }
      },
    }),
  },
]
