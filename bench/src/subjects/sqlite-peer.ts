import { createRequire } from 'node:module'
import { join } from 'node:path'
import { builtSqlite } from './build-sqlite.js'
import type { Subject, SubjectRequest } from './subject.js'

/** What is used of better-sqlite3, which brings no types. */
interface Database {
  pragma(text: string): unknown
  exec(sql: string): unknown
  prepare(sql: string): Statement
  transaction<Arguments extends unknown[]>(body: (...given: Arguments) => void): (...given: Arguments) => void
  close(): void
}

interface Statement {
  run(...parameters: readonly unknown[]): unknown
  get(...parameters: readonly unknown[]): unknown
  iterate(...parameters: readonly unknown[]): IterableIterator<unknown>
}

interface Row {
  readonly slot: number
  readonly value: Uint8Array
}

/**
 * better-sqlite3 by its own API: a table by slot, a write-ahead log, each write one transaction. Durable by
 * `synchronous = FULL` (a flush per commit), without a flush by `OFF`. All of it is synchronous: it blocks the event loop.
 */
export function openSqlitePeer({ name, directory, survives }: SubjectRequest): Subject {
  const home = builtSqlite()
  if (home === undefined) throw new Error('better-sqlite3 is not built')
  const Sqlite = createRequire(import.meta.url)(home) as new (file: string) => Database
  const database = new Sqlite(join(directory, 'log.sqlite'))
  database.pragma('journal_mode = WAL')
  database.pragma(`synchronous = ${survives === 'power-loss' ? 'FULL' : 'OFF'}`)
  database.exec('CREATE TABLE IF NOT EXISTS entries (slot INTEGER PRIMARY KEY, value BLOB NOT NULL)')
  const insert = database.prepare('INSERT INTO entries (slot, value) VALUES (?, ?)')
  const select = database.prepare('SELECT value FROM entries WHERE slot = ?')
  const range = database.prepare('SELECT slot, value FROM entries WHERE slot >= ? AND slot < ? ORDER BY slot')
  const insertAll = database.transaction((from: number, values: readonly Uint8Array[]) => {
    for (let index = 0; index < values.length; index++) insert.run(from + index, values[index])
  })
  const readNow = (slot: number): Uint8Array | undefined => (select.get(slot) as Row | undefined)?.value
  return {
    name,
    isStored: true,
    async decide(from, values) {
      if (values.length === 1) insert.run(from, values[0])
      else insertAll(from, values)
    },
    async read(slot) {
      return readNow(slot)
    },
    readNow,
    async scan(from, to, visit) {
      for (const row of range.iterate(from, to) as Iterable<Row>) visit(row.slot, row.value)
    },
    async close() {
      database.close()
    },
  }
}
