import { readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { open } from 'lmdb'

/**
 * Runs as a process of its own: opens a store once for each flipped bit, reads all of it, and writes to it. What
 * it prints is where it was when the native code ended it.
 *
 * Arguments: the store, a path for copies, and a JSON file with a list of [byte, bit].
 */
// lmdb-js rejects a promise of its own along with the one it returns. Only what cannot be handled counts here.
process.on('unhandledRejection', () => undefined)

const [source, copy, list] = process.argv.slice(2) as [string, string, string]
const healthy = readFileSync(source)
const flips = JSON.parse(readFileSync(list, 'utf8')) as [number, number][]

for (const [index, [at, bit]] of flips.entries()) {
  // Synchronous, so that it is out before the process can die.
  writeSync(1, `${index}\n`)
  const bytes = Buffer.from(healthy)
  bytes[at]! ^= 1 << bit
  const path = `${copy}-${index}.mdb`
  writeFileSync(path, bytes)
  await use(path).catch(() => undefined)
  rmSync(path, { force: true })
  rmSync(`${path}-lock`, { force: true })
}

async function use(path: string): Promise<void> {
  const options = { encoding: 'binary', keyEncoding: 'binary' } as const
  const env = open<Buffer, Buffer>({ path, overlappingSync: false, ...options })
  try {
    for (const name of [undefined, 'named']) {
      const db = name ? env.openDB<Buffer, Buffer>({ name, ...options }) : env
      const keys: Buffer[] = []
      for (const { key, value } of db.getRange({})) {
        if (value.length >= 0) keys.push(Buffer.from(key))
      }
      // Not in the tree of the names of databases, where each of its two entries is a description.
      if (!name && keys.length < 3) continue
      for (const key of keys) db.get(key)
      // Removing and adding makes LMDB move entries and take pages from its free list.
      await env.transaction(() => {
        for (const key of keys.slice(0, 40)) void db.remove(key)
        for (let number = 0; number < 40; number++)
          void db.put(Buffer.from(`new-${number}`), Buffer.alloc(700))
      })
    }
  } finally {
    await env.close()
  }
}
process.exit(0)
