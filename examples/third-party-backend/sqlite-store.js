import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { raise } from '@persistent-log/core/backend'

const MIB = 1024 * 1024

/** So much may wait in the write-ahead log until it is moved into the database, in bytes. */
const WAL_BYTES = 4 * MIB

/** A page of pairs ends when it is as long as this, in bytes. */
const PAGE_BYTES = 4 * MIB

const SCHEMA = 'CREATE TABLE records (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID'

/** SQLite as an ordered store: a table of keys, which it compares as unsigned bytes, and values. */
export class SqliteStore {
  survives = 'power-loss'
  openBy = 'one-process'
  maxValueBytes = 64 * MIB
  #file
  #database
  #statements
  #apply
  #walBytes = 0
  #hasFailed = false

  constructor(file, { created, cleanClose, cacheBytes }) {
    this.#file = file
    if (!created && !existsSync(file)) throw raise.corrupted(`${file} is missing`, { file })
    this.#database = this.#calling('open', () => new Database(file, { fileMustExist: !created }))
    try {
      this.#calling('open', () => this.#prepare({ created, cleanClose, cacheBytes }))
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  get(key) {
    const row = this.#calling('read', () => this.#statements.get.get(key))
    return row && plain(row.value)
  }

  async page({ from, to, limit }) {
    return this.#calling('read', () => {
      const pairs = []
      let bytes = 0
      for (const { key, value } of this.#statements.page.iterate(from, to, limit)) {
        pairs.push({ key: plain(key), value: plain(value) })
        if ((bytes += value.byteLength) >= PAGE_BYTES) break
      }
      return pairs
    })
  }

  async write(operations) {
    this.#changing('write', () => {
      this.#apply(operations)
      for (const { value } of operations) this.#walBytes += value?.byteLength ?? 0
      if (this.#walBytes >= WAL_BYTES) this.#moveToDatabase()
    })
  }

  async reclaim() {
    this.#changing('reclaim', () => {
      this.#database.pragma('incremental_vacuum')
      this.#moveToDatabase()
    })
  }

  async close() {
    try {
      // After a failure nothing is put in order: the next open finds what the disk holds.
      if (!this.#hasFailed) this.#changing('close', () => this.#moveToDatabase())
    } finally {
      this.#database.close()
    }
  }

  #prepare({ created, cleanClose, cacheBytes }) {
    const database = this.#database
    // Alone with its files, which the core has locked, SQLite needs no memory that it shares with others.
    database.pragma('locking_mode = EXCLUSIVE')
    database.pragma(`cache_size = -${Math.floor(cacheBytes / 1024)}`)
    if (created) database.pragma('auto_vacuum = INCREMENTAL')
    database.pragma('journal_mode = WAL')
    // One flush per commit. The default of WAL, NORMAL, has none: a commit would outlive the process, not the power.
    database.pragma('synchronous = FULL')
    // macOS: a flush that reaches the device, not only its cache.
    database.pragma('fullfsync = ON')
    // We do it ourselves: SQLite does not tell when a flush failed in one of its own.
    database.pragma('wal_autocheckpoint = 0')
    database.pragma('cell_size_check = ON')
    if (created) database.exec(SCHEMA)
    this.#check()
    this.#statements = {
      get: database.prepare('SELECT value FROM records WHERE key = ?'),
      page: database.prepare(
        'SELECT key, value FROM records WHERE key >= ? AND key < ? ORDER BY key LIMIT ?',
      ),
      put: database.prepare('INSERT OR REPLACE INTO records (key, value) VALUES (?, ?)'),
      remove: database.prepare('DELETE FROM records WHERE key = ?'),
    }
    this.#apply = database.transaction((operations) => {
      for (const { key, value } of operations) {
        if (value) this.#statements.put.run(key, value)
        else this.#statements.remove.run(key)
      }
    })
    // After a crash the write-ahead log may be in the page cache only: moved to the database it is written anew, and
    // flushed, before anything of it is shown.
    if (!cleanClose) this.#moveToDatabase()
  }

  /**
   * The core notices records that are wrong or missing; this notices a tree in which SQLite would not find them. The quick
   * check passes keys that are out of order, behind which it does not even find what was written since.
   */
  #check() {
    const [{ integrity_check: finding }] = this.#database.pragma('integrity_check(1)')
    if (finding !== 'ok') throw raise.corrupted(`SQLite found damage: ${finding}`, { file: this.#file })
  }

  #moveToDatabase() {
    const [{ busy }] = this.#database.pragma('wal_checkpoint(TRUNCATE)')
    if (busy !== 0) throw new Error('the write-ahead log could not be moved into the database')
    this.#walBytes = 0
  }

  #changing(operation, work) {
    try {
      return this.#calling(operation, work)
    } catch (error) {
      this.#hasFailed = true
      throw error
    }
  }

  /** The errors of the contract for those of SQLite. */
  #calling(operation, work) {
    try {
      return work()
    } catch (cause) {
      if (!(cause instanceof Database.SqliteError)) throw cause
      const file = this.#file
      // SQLITE_ERROR: our table is not there, or not as we made it.
      const isDamage = /^SQLITE_(?:CORRUPT|NOTADB|ERROR|IOERR_SHORT_READ)/.test(cause.code)
      if (isDamage) throw raise.corrupted(`SQLite found damage: ${cause.message}`, { file }, { cause })
      throw raise.io(operation, { file }, { cause })
    }
  }
}

/** A Buffer is more than the bytes that the port speaks of. */
const plain = (buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
