import { isPersistentLogError, raise, type CheckpointStore } from '@persistent-log/core'
import type { ToyDefect } from './toy-defects.js'

/** Plants a defect of the calls on checkpoints. */
export function breakCheckpoints(checkpoints: CheckpointStore, defect: ToyDefect | undefined): void {
  const list = checkpoints.list.bind(checkpoints)
  const read = checkpoints.read.bind(checkpoints)
  const taken = new Set<number>()
  const broken: Partial<Record<ToyDefect, Partial<CheckpointStore>>> = {
    pruneTakesValid: {
      prune: async ({ keep }) => {
        const going = (await list()).slice(0, -keep)
        for (const { slot } of going) taken.add(slot)
        return { removed: going.length }
      },
      read: async function* (slot) {
        if (taken.has(slot)) throw raise.corrupted(`checkpoint ${slot} is gone`, { slot })
        yield* read(slot)
      },
    },
    damagedHidesOlder: {
      list: async () => {
        const all = await list()
        return all.at(-1)?.damaged === true ? all.slice(-1) : all
      },
    },
    olderForDamaged: {
      read: async function* (slot) {
        try {
          yield* read(slot)
        } catch (error) {
          const older = (await list()).findLast((one) => one.slot < slot)
          if (!isPersistentLogError(error, 'PLOG_CORRUPTED') || older === undefined) throw error
          yield* read(older.slot)
        }
      },
    },
  }
  const calls = defect && broken[defect]
  if (calls !== undefined) Object.assign(checkpoints, calls)
}
