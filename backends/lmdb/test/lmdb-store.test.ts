import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPersistentLogError, STORE_PAGE_BYTES, type StorePair, v } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { createEnvironment, openEnvironment } from '../src/engine-files.js'
import { LmdbStore } from '../src/lmdb-store.js'
import { lmdbOptions } from '../src/options.js'

const options = v.parse(lmdbOptions, {})
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const EVERYTHING = { from: bytes(0), to: bytes(0xff), limit: 1_000 }

describe('LMDB as an ordered store', function () {
  this.timeout(30_000)
  let directory = ''
  let store: LmdbStore
  let closed: boolean[] = []

  const open = (writeTimeoutMs = options.writeTimeoutMs): LmdbStore =>
    new LmdbStore({
      environment: openEnvironment(directory, options),
      writeTimeoutMs,
      closed: (intact) => {
        closed.push(intact)
        return Promise.resolve()
      },
    })
  const reopen = async (): Promise<void> => {
    await store.close()
    store = open()
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
    await createEnvironment(directory, options, () => Promise.resolve())
    store = open()
  })
  afterEach(async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('keeps what was written, replaced and deleted over a reopen', async () => {
    await store.write([
      { key: bytes(1), value: bytes(1, 2, 3) },
      { key: bytes(2), value: bytes() },
      { key: bytes(3), value: bytes(9) },
    ])
    await store.write([{ key: bytes(1), value: bytes(7) }, { key: bytes(3) }, { key: bytes(4) }])
    await reopen()
    expect(store.get(bytes(1))).to.deep.equal(bytes(7))
    expect(store.get(bytes(2)), 'an empty value is a value').to.deep.equal(bytes())
    expect(store.get(bytes(3))).to.equal(undefined)
  })

  it('shows a write when it resolves, and not before', async () => {
    const written = store.write([{ key: bytes(1), value: bytes(1) }])
    expect(store.get(bytes(1))).to.equal(undefined)
    await written
    expect(store.get(bytes(1))).to.deep.equal(bytes(1))
    await store.write([{ key: bytes(1), value: bytes(2) }])
    expect(store.get(bytes(1))).to.deep.equal(bytes(2))
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
    const sizes = [0, 1, 100, 5_000, 40_000, 300_000]
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
      expect(reads[at]?.byteLength).to.equal(size)
    })
  })

  it('lends bytes whose `length` is that of the value', async () => {
    await store.write([
      { key: bytes(1), value: new Uint8Array(500).fill(1) },
      { key: bytes(2), value: bytes(2) },
    ])
    expect(store.borrow(bytes(1))?.length).to.equal(500)
    const { length, 0: first } = store.borrow(bytes(2)) ?? bytes()
    expect([length, first]).to.deep.equal([1, 2])
    expect(store.borrow(bytes(3))).to.equal(undefined)
  })

  it('takes views into a larger buffer', async () => {
    const buffer = Uint8Array.from({ length: 100 }, (_, at) => at)
    await store.write([{ key: buffer.subarray(5, 7), value: buffer.subarray(10, 13) }])
    expect(store.get(bytes(5, 6))).to.deep.equal(bytes(10, 11, 12))
  })

  it('grows with what is written, in one batch too', async () => {
    const value = new Uint8Array(64 * 1024).fill(3)
    const keys = Array.from({ length: 400 }, (_, at) => bytes(1, at >> 8, at & 255))
    await store.write(keys.map((key) => ({ key, value })))
    await store.write([{ key: bytes(2), value: new Uint8Array(16 * 1024 * 1024).fill(4) }])
    await reopen()
    expect((await pageLengths()).reduce((sum, length) => sum + length, 0)).to.equal(401)
    expect(store.get(bytes(2))?.byteLength).to.equal(16 * 1024 * 1024)
  })

  it('writes thousands of operations as one', async () => {
    const key = (at: number): Uint8Array => bytes(1, at >> 8, at & 255)
    await store.write(Array.from({ length: 20_000 }, (_, at) => ({ key: key(at), value: key(at) })))
    expect((await store.page({ ...EVERYTHING, limit: 30_000 })).length).to.equal(20_000)
  })

  it('leaves no trace of settling', async () => {
    await store.settle()
    expect(await store.page(EVERYTHING)).to.deep.equal([])
  })

  it('takes no write after the first failure, and reads on', async () => {
    await store.write([{ key: bytes(1), value: bytes(1) }])
    const failing = store.write([
      { key: bytes(2), value: bytes(2) },
      { key: new Uint8Array(4_000), value: bytes(1) },
    ])
    const first = await failing.catch((error: unknown) => error)
    expect(isPersistentLogError(first, 'PLOG_IO')).to.equal(true)
    const second = await store.write([{ key: bytes(3), value: bytes(3) }]).catch((error: unknown) => error)
    expect(isPersistentLogError(second, 'PLOG_POISONED')).to.equal(true)
    expect(store.get(bytes(1))).to.deep.equal(bytes(1))
    await store.close()
    expect(closed).to.deep.equal([false])
    store = open()
    expect(store.get(bytes(2)), 'no part of a failed batch').to.equal(undefined)
  })

  it('gives a write up that is not answered in time', async () => {
    await store.close()
    store = open(1)
    const value = new Uint8Array(1024 * 1024)
    const slow = store.write(Array.from({ length: 60 }, (_, at) => ({ key: bytes(1, at), value })))
    const error = await slow.catch((reason: unknown) => reason)
    expect(isPersistentLogError(error, 'PLOG_IO')).to.equal(true)
    expect(String(error)).to.contain('within 1 ms')
    const next = await store.write([{ key: bytes(3), value: bytes(3) }]).catch((reason: unknown) => reason)
    expect(isPersistentLogError(next, 'PLOG_POISONED')).to.equal(true)
    await store.close()
  })

  it('closes once and says how', async () => {
    await store.write([{ key: bytes(1), value: bytes(1) }])
    await Promise.all([store.close(), store.close()])
    await store.close()
    expect(closed).to.deep.equal([true])
  })

  it('says that it is closed, and not how it was meant to be, where closing LMDB fails', async () => {
    const environment = openEnvironment(directory, options)
    const told: boolean[] = []
    let fail = (): void => undefined
    const failing = new LmdbStore({
      environment: new Proxy(environment, {
        get: (target, name) =>
          name === 'close'
            ? () => new Promise((_, reject) => (fail = () => reject(new Error('no close'))))
            : (Reflect.get(target, name) as unknown),
      }),
      writeTimeoutMs: 1_000,
      closed: async (intact) => void told.push(intact),
    })
    const closing = failing.close().catch((error: unknown) => error)
    await new Promise((resolve) => setImmediate(resolve))
    expect(told, 'it may still be writing').to.deep.equal([])
    fail()
    expect(isPersistentLogError(await closing, 'PLOG_IO')).to.equal(true)
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).to.deep.equal([false])
    await environment.close()
  })

  it('finishes a write that is under way before it closes', async () => {
    const written = store.write([{ key: bytes(1), value: bytes(5) }])
    await store.close()
    await written
    store = open()
    expect(store.get(bytes(1))).to.deep.equal(bytes(5))
  })
})
