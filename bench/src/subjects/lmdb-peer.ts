import { open, type RootDatabase } from 'lmdb'
import type { Subject, SubjectRequest } from './subject.js'

/** lmdb-js by its own API: durable as the LMDB backend is, or without a flush where a workload asks for less. */
export function openLmdbPeer({ name, directory, survives }: SubjectRequest): Subject {
  const isDurable = survives === 'power-loss'
  const database: RootDatabase<Uint8Array, number> = open({
    path: directory,
    keyEncoding: 'uint32',
    encoding: 'binary',
    compression: false,
    noSync: !isDurable,
    mapSize: MAP_BYTES,
    ...AS_OUR_BACKEND,
  })
  const borrowed = (slot: number): Uint8Array | undefined => database.getBinaryFast(slot)
  return {
    name,
    isStored: true,
    async decide(from, values) {
      if (values.length === 1) {
        await database.put(from, values[0]!)
        return
      }
      await database.batch(() => {
        for (let index = 0; index < values.length; index++) void database.put(from + index, values[index]!)
      })
    },
    async read(slot) {
      return database.getBinary(slot)
    },
    readNow: (slot) => database.getBinary(slot),
    borrow(slot, use) {
      const value = borrowed(slot)
      return value && use(value)
    },
    async scan(from, to, visit) {
      for (const { key, value } of database.getRange({ start: from, end: to })) visit(key, value)
    },
    close: () => database.close(),
  }
}

/** The options of the LMDB backend that decide what a write costs; why, stands there (backends/lmdb/src/engine-files.ts). */
const AS_OUR_BACKEND = {
  noSubdir: false,
  pageSize: 4096,
  overlappingSync: false,
  eventTurnBatching: false,
  batchStartThreshold: 4,
  noMetaSync: false,
  useWritemap: false,
  noMemInit: false,
}

/** Address space, not memory. */
const MAP_BYTES = 16 * 1024 * 1024 * 1024
