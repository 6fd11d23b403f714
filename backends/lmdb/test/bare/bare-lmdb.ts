import { defineStoreBackend, fields, flag, v, type OrderedStore } from '@persistent-log/core/backend'
import { open } from 'lmdb'

/** LMDB without what this package adds to it: lmdb-js with its defaults, or with a flag that trades durability for speed. */
export const backend = defineStoreBackend({
  name: 'bare-lmdb',
  summary: 'LMDB as it comes, to be rejected by the conformance kit',
  formatVersion: 1,
  options: fields({
    overlappingSync: v.optional(flag, false),
    noSync: v.optional(flag, false),
  }),
  async openStore(directory, { options }) {
    const database = open<Uint8Array, Uint8Array>(directory, {
      noSubdir: false,
      encoding: 'binary',
      keyEncoding: 'binary',
      ...options,
    })
    const store: OrderedStore = {
      survives: 'power-loss',
      openBy: 'one-process',
      maxValueBytes: 256 * 1024 * 1024,
      get(key) {
        const bytes = database.getBinary(key)
        return bytes && Uint8Array.from(bytes)
      },
      async page({ from, to, limit }) {
        const pairs = [...database.getRange({ start: from, end: to, limit })]
        return pairs.map(({ key, value }) => ({ key: Uint8Array.from(key), value: Uint8Array.from(value) }))
      },
      async write(operations) {
        await database.batch(() => {
          for (const { key, value } of operations) {
            if (value) void database.put(key, value)
            else void database.remove(key)
          }
        })
      },
      close: () => database.close(),
    }
    return { store }
  },
})
