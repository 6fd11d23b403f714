import { defineStoreBackend, fields, flag, v, type OrderedStore } from '@persistent-log/core/backend'
import { ClassicLevel } from 'classic-level'

/** LevelDB without what this package adds to it: as it comes, or with its defaults for writes too. */
export const backend = defineStoreBackend({
  name: 'bare-level',
  summary: 'LevelDB as it comes, to be rejected by the conformance kit',
  formatVersion: 1,
  options: fields({ sync: v.optional(flag, true) }),
  async openStore(directory, { options: { sync } }) {
    const database = new ClassicLevel<Uint8Array, Uint8Array>(directory, {
      keyEncoding: 'view',
      valueEncoding: 'view',
    })
    await database.open()
    const store: OrderedStore = {
      survives: 'power-loss',
      openBy: 'one-process',
      maxValueBytes: 64 * 1024 * 1024,
      get: (key) => database.getSync(key),
      async page({ from, to, limit }) {
        const pairs = await database.iterator({ gte: from, lt: to, limit }).all()
        return pairs.map(([key, value]) => ({ key, value }))
      },
      async write(operations) {
        const batch = database.batch()
        for (const { key, value } of operations) {
          if (value) batch.put(key, value)
          else batch.del(key)
        }
        await batch.write({ sync })
      },
      close: () => database.close(),
    }
    return { store }
  },
})
