import { ClassicLevel } from 'classic-level'
import type { Subject, SubjectRequest } from './subject.js'

/** classic-level by its own API, with chained batches and big-endian keys. */
export async function openLevelPeer({ name, directory, survives }: SubjectRequest): Promise<Subject> {
  const database = new ClassicLevel<Uint8Array, Uint8Array>(directory, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    multithreading: false,
  })
  await database.open()
  const sync = survives === 'power-loss'
  return {
    name,
    isStored: true,
    async decide(from, values) {
      const batch = database.batch()
      for (let index = 0; index < values.length; index++) batch.put(keyOf(from + index), values[index]!)
      await batch.write({ sync })
    },
    read: (slot) => database.get(keyOf(slot)),
    readNow: (slot) => database.getSync(keyOf(slot)),
    async scan(from, to, visit) {
      const iterator = database.iterator({ gte: keyOf(from), lt: keyOf(to) })
      try {
        for (let step = await iterator.nextv(STEP); step.length > 0; step = await iterator.nextv(STEP)) {
          for (const [key, value] of step) visit(slotOf(key), value)
        }
      } finally {
        await iterator.close()
      }
    },
    close: () => database.close(),
  }
}

/** Entries per call of the iterator. */
const STEP = 1_000

function keyOf(slot: number): Uint8Array {
  const key = new Uint8Array(4)
  key[0] = slot >>> 24
  key[1] = slot >>> 16
  key[2] = slot >>> 8
  key[3] = slot
  return key
}

function slotOf(key: Uint8Array): number {
  return ((key[0]! << 24) | (key[1]! << 16) | (key[2]! << 8) | key[3]!) >>> 0
}
