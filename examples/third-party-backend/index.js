import { defineStoreBackend, fields, integer, syncDirectory, v } from '@persistent-log/core/backend'
import { SqliteStore } from './sqlite-store.js'

/** What `openLog({ backend: 'plog-backend-sqlite', directory })` opens. */
export const backend = defineStoreBackend({
  name: 'sqlite',
  summary: 'SQLite: one file, and every write survives power loss',
  formatVersion: 1,
  options: fields({
    /** Memory that SQLite may use for pages, in bytes. */
    cacheBytes: v.optional(integer(65_536, 1_073_741_824), 8_388_608),
  }),
  async openStore(directory, { created, cleanClose, options }) {
    const store = new SqliteStore(`${directory}/log.sqlite`, { created, cleanClose, ...options })
    // The port asks for names that are durable; SQLite flushes those of its journals only.
    if (created) await syncDirectory(directory)
    return { store }
  },
})
