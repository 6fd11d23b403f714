import { readFile } from 'node:fs/promises'
import { raise } from '@persistent-log/core/backend'
import type { Database } from './database.js'
import { engineError } from './engine-error.js'
import { scanLog } from './record-log.js'
import { readBatch, type BatchWrite } from './write-batch.js'

/**
 * Looks in a database that has just replayed these logs for the last write to each of their keys, and writes what is
 * missing: LevelDB takes a read of a log that fails for the end of it, opens without what follows, and removes the log.
 * Nothing may have been written since. Returns how many writes were missing.
 */
export async function completeReplay(database: Database, logs: readonly string[]): Promise<number> {
  const missing = (await lastWrites(logs)).filter(({ key, value }) => !isThere(database, key, value))
  if (missing.length === 0) return 0
  const batch = database.batch()
  for (const { key, value } of missing) {
    if (value) batch.put(key, value)
    else batch.del(key)
  }
  try {
    await batch.write({ sync: true })
  } catch (cause) {
    throw engineError('open', cause)
  }
  return missing.length
}

/** The last write to each key; the logs begin with the oldest. */
async function lastWrites(logs: readonly string[]): Promise<BatchWrite[]> {
  const writes = new Map<string, BatchWrite>()
  for (const file of logs) {
    const { records, damage } = scanLog(await read(file))
    // An unfinished write at the end was never acknowledged, and was reported when the log was checked.
    const flaw = damage.find(({ tail }) => tail === undefined)
    if (flaw) throw corrupted(file, flaw.offset, flaw.reason)
    for (const { offset, data } of records) {
      const batch = readBatch(data)
      if (!batch) throw corrupted(file, offset, 'unreadable batch')
      for (const write of batch) writes.set(Buffer.from(write.key).toString('latin1'), write)
    }
  }
  return [...writes.values()]
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw raise.io('open', { file }, { cause })
  }
}

function isThere(database: Database, key: Uint8Array, value: Uint8Array | undefined): boolean {
  try {
    const found = database.getSync(key)
    return found === undefined || value === undefined ? found === value : Buffer.compare(found, value) === 0
  } catch (cause) {
    throw engineError('open', cause)
  }
}

const corrupted = (file: string, offset: number, reason: string) =>
  raise.corrupted(`${file} at offset ${offset}: ${reason}`, { file, offset })
