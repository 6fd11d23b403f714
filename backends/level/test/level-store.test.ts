import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPersistentLogError, STORE_PAGE_BYTES, type StorePair, v } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { createStore, openDatabase } from '../src/engine-files.js'
import { LevelStore } from '../src/level-store.js'
import { levelOptions } from '../src/options.js'

const options = v.parse(levelOptions, { compression: false })
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const EVERYTHING = { from: bytes(0), to: bytes(0xff), limit: 1_000 }

describe('LevelDB as an ordered store', function () {
  this.timeout(30_000)
  let directory = ''
  let store: LevelStore
  let closed: boolean[] = []

  const open = async (): Promise<LevelStore> =>
    new LevelStore({
      database: await openDatabase(directory, options, []),
      closed: (intact) => {
        closed.push(intact)
        return Promise.resolve()
      },
    })
  const reopen = async (): Promise<void> => {
    await store.close()
    store = await open()
  }

  /** Pairs of each page from the first key to the last. */
  const pageLengths = async (): Promise<number[]> => {
    const lengths: number[] = []
    for (let from = EVERYTHING.from; ;) {
      const page = await store.page({ ...EVERYTHING, from })
      const last = page.at(-1)
      if (!last) return lengths
      lengths.push(page.length)
      from = Uint8Array.of(...last.key, 0)
    }
  }

  beforeEach(async () => {
    closed = []
    directory = await mkdtemp(join(tmpdir(), 'plog-'))
    await (await createStore(directory, options)).close()
    store = await open()
  })
  afterEach(async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('starts empty', async () => {
    expect(await store.page(EVERYTHING)).to.deep.equal([])
  })

  it('keeps what was written, replaced and deleted over a reopen', async () => {
    await store.write([
      { key: bytes(1), value: bytes(1, 2, 3) },
      { key: bytes(2), value: bytes() },
      { key: bytes(3), value: bytes(9) },
    ])
    await store.write([{ key: bytes(1), value: bytes(7) }, { key: bytes(3) }, { key: bytes(4) }])
    await reopen()
    expect([...(store.get(bytes(1)) ?? [])]).to.deep.equal([7])
    expect(store.get(bytes(2))?.byteLength, 'an empty value is a value').to.equal(0)
    expect(store.get(bytes(3))).to.equal(undefined)
  })

  it('pages in the order of unsigned bytes, half-open, up to the limit', async () => {
    const keys = [bytes(0xfe), bytes(1), bytes(1, 0), bytes(0x80), bytes(2, 0xff), bytes(2), bytes(0x7f)]
    await store.write(keys.map((key) => ({ key, value: key })))
    const keysOf = (pairs: StorePair[]): number[][] => pairs.map(({ key }) => [...key])
    expect(keysOf(await store.page(EVERYTHING))).to.deep.equal([
      ...[[1], [1, 0], [2], [2, 0xff], [0x7f], [0x80], [0xfe]],
    ])
    expect(keysOf(await store.page({ from: bytes(1, 0), to: bytes(0x80), limit: 100 }))).to.deep.equal([
      ...[[1, 0], [2], [2, 0xff], [0x7f]],
    ])
    expect(keysOf(await store.page({ ...EVERYTHING, limit: 2 }))).to.deep.equal([[1], [1, 0]])
    expect(await store.page({ from: bytes(3), to: bytes(4), limit: 5 })).to.deep.equal([])
  })

  it('fills a page to its limit, however large the values are', async () => {
    const value = new Uint8Array(700_000).fill(5)
    await store.write(Array.from({ length: 8 }, (_, at) => ({ key: bytes(1, at), value })))
    expect(await store.page({ ...EVERYTHING, limit: 7 })).to.have.length(7)
    expect(await store.page(EVERYTHING)).to.have.length(8)
  })

  it('ends a page whose bytes are enough, though the limit was for short values', async () => {
    const value = new Uint8Array(1024 * 1024)
    const keys = Array.from({ length: 40 }, (_, at) => bytes(1, at))
    await store.write(keys.map((key) => ({ key, value })))
    const lengths = await pageLengths()
    expect(lengths.reduce((sum, length) => sum + length, 0)).to.equal(40)
    const most = STORE_PAGE_BYTES / value.byteLength
    expect(Math.max(...lengths)).to.be.within(most, most + 2)
  })

  it('hands out bytes that nobody else holds', async () => {
    const sizes = [0, 1, 100, 5_000, 300_000]
    await store.write(
      sizes.map((size, at) => ({ key: bytes(at + 1), value: new Uint8Array(size).fill(at + 1) })),
    )
    const pairs = await store.page(EVERYTHING)
    const reads = sizes.map((_, at) => store.get(bytes(at + 1)))
    await store.write(
      sizes.map((size, at) => ({ key: bytes(at + 1), value: new Uint8Array(size).fill(0xee) })),
    )
    await store.page(EVERYTHING)
    sizes.forEach((size, at) => {
      const expected = new Uint8Array(size).fill(at + 1)
      expect(Buffer.compare(reads[at] ?? bytes(1), expected), `get of ${size} bytes`).to.equal(0)
      expect(Buffer.compare(pairs[at]?.value ?? bytes(1), expected), `page of ${size} bytes`).to.equal(0)
    })
  })

  it('takes views into a larger buffer', async () => {
    const buffer = Uint8Array.from({ length: 100 }, (_, at) => at)
    await store.write([{ key: buffer.subarray(5, 7), value: buffer.subarray(10, 13) }])
    expect([...(store.get(bytes(5, 6)) ?? [])]).to.deep.equal([10, 11, 12])
  })

  it('keeps a value of 16 MiB and thousands of operations in one batch', async () => {
    const key = (at: number): Uint8Array => bytes(1, at >> 8, at & 255)
    await store.write([
      { key: bytes(2), value: new Uint8Array(16 * 1024 * 1024).fill(4) },
      ...Array.from({ length: 20_000 }, (_, at) => ({ key: key(at), value: key(at) })),
    ])
    await reopen()
    expect(await store.page({ ...EVERYTHING, limit: 30_000 })).to.have.length(20_001)
    expect(store.get(bytes(2))?.byteLength).to.equal(16 * 1024 * 1024)
  })

  it('gives the space of deleted records back', async () => {
    const value = new Uint8Array(64 * 1024)
    const keys = Array.from({ length: 200 }, (_, at) => bytes(1, at))
    for (const key of keys)
      await store.write([{ key, value: value.map((_, at) => (at * 31 + (key[1] ?? 0)) & 255) }])
    await reopen()
    const before = await tablesBytes()
    await store.write(keys.map((key) => ({ key })))
    await store.reclaim(bytes(1), bytes(2))
    await reopen()
    expect(before).to.be.greaterThan(10_000_000)
    expect(await tablesBytes()).to.be.lessThan(1_000_000)
  })

  it('refuses a store whose CURRENT file is gone, and starts no new one', async () => {
    await store.close()
    await rm(join(directory, 'CURRENT'))
    const error = await openDatabase(directory, options, []).catch((reason: unknown) => reason)
    expect(isPersistentLogError(error)).to.equal(true)
    expect(await readdir(directory)).not.to.include('CURRENT')
  })

  it('refuses to create a store over another', async () => {
    await store.close()
    const error = await createStore(directory, options).catch((reason: unknown) => reason)
    expect(isPersistentLogError(error)).to.equal(true)
  })

  it('closes once and says how', async () => {
    await store.write([{ key: bytes(1), value: bytes(1) }])
    await Promise.all([store.close(), store.close()])
    await store.close()
    expect(closed).to.deep.equal([true])
  })

  const tablesBytes = async (): Promise<number> => {
    const names = (await readdir(directory)).filter((name) => /\.(ldb|log)$/.test(name))
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size))
    return sizes.reduce((sum, size) => sum + size, 0)
  }
})
