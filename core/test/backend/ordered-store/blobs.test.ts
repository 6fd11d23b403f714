import { expect } from 'chai'
import { parseKey } from '../../../src/backend/ordered-store/key-layout.js'
import type { PersistentLog } from '../../../src/contract/persistent-log.js'
import { ArrayStore } from '../../support/array-store.js'
import { rejection } from '../../support/rejections.js'
import { ballot, bytes, openStore } from './open-store.js'

const CHUNK_BYTES = 65_536

async function content(log: PersistentLog, slot: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of log.checkpoints.read(slot)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const countOf = (store: ArrayStore, kind: string): number =>
  store.pairs.filter(({ key }) => parseKey(key).kind === kind).length

/** Bytes that differ from chunk to chunk. */
function pattern(length: number): Buffer {
  const state = Buffer.alloc(length)
  for (let at = 0; at + 4 <= length; at += 4) state.writeUInt32LE(at, at)
  return state
}

/** A log with slots 0 to 9 decided. */
async function logWithDecisions(store: ArrayStore): Promise<PersistentLog> {
  const log = await openStore(store)
  await log.learnAll(
    Array.from({ length: 10 }, (_, slot) => ({ slot, ballot: ballot(1), value: bytes('v') })),
  )
  return log
}

describe('checkpoints in an ordered store', () => {
  for (const length of [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 40 * CHUNK_BYTES + 5]) {
    it(`come back byte for byte after a reopen (${length} bytes)`, async () => {
      const store = new ArrayStore()
      const log = await logWithDecisions(store)
      const info = await log.checkpoints.store(4, pattern(length), {
        ballot: ballot(1),
        metadata: bytes('mine'),
      })
      await log.close()
      const again = await openStore(store.crashed())
      expect(await again.checkpoints.latest()).to.deep.equal(info)
      expect(Buffer.compare(await content(again, 4), pattern(length))).to.equal(0)
      expect((await again.verify()).ok).to.equal(true)
      await again.close()
    })
  }

  it('are cut into the same chunks whatever the pieces of the stream', async () => {
    const store = new ArrayStore()
    const log = await logWithDecisions(store)
    async function* pieces() {
      for (let at = 0; at < 200_000; at += 777)
        yield pattern(200_000).subarray(at, Math.min(at + 777, 200_000))
    }
    await log.checkpoints.store(4, pieces())
    expect(countOf(store, 'blob')).to.equal(Math.ceil(200_000 / CHUNK_BYTES))
    expect(Buffer.compare(await content(log, 4), pattern(200_000))).to.equal(0)
    await log.close()
  })

  it('leave nothing behind when a crash cuts them off', async () => {
    const store = new ArrayStore()
    const log = await logWithDecisions(store)
    await log.checkpoints.store(2, bytes('first'))
    let crashed: ArrayStore | undefined
    async function* pieces() {
      for (let at = 0; at < 40; at++) yield pattern(CHUNK_BYTES)
      crashed = store.crashed()
    }
    await log.checkpoints.store(4, pieces())
    await log.close()
    expect(countOf(crashed!, 'blob')).to.be.greaterThan(10)
    const again = await openStore(crashed!)
    expect(countOf(crashed!, 'blob')).to.equal(1)
    expect((await again.checkpoints.latest())?.slot).to.equal(2)
    expect((await content(again, 2)).toString()).to.equal('first')
    await again.close()
  })

  it('leave nothing behind when their stream fails', async () => {
    const store = new ArrayStore()
    const log = await logWithDecisions(store)
    async function* pieces() {
      for (let at = 0; at < 40; at++) yield pattern(CHUNK_BYTES)
      throw new Error('the machine stopped')
    }
    const failure = await log.checkpoints.store(4, pieces()).catch((error: unknown) => error)
    expect(failure).to.have.property('message', 'the machine stopped')
    expect(countOf(store, 'blob')).to.equal(0)
    await log.close()
  })

  it('give their space back when they are pruned', async () => {
    const store = new ArrayStore()
    const log = await logWithDecisions(store)
    for (const slot of [2, 4, 6]) await log.checkpoints.store(slot, pattern(100_000 + slot))
    expect(await log.checkpoints.prune({ keep: 1 })).to.deep.equal({ removed: 2 })
    expect([countOf(store, 'blob'), countOf(store, 'checkpoint')]).to.deep.equal([2, 1])
    await log.close()
    const again = await openStore(store.crashed())
    expect((await again.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([6])
    await again.close()
  })

  it('are refused when a chunk is flipped, missing or out of place, and the older one is the latest', async () => {
    const store = new ArrayStore()
    const log = await logWithDecisions(store)
    await log.checkpoints.store(2, bytes('older'))
    await log.checkpoints.store(4, pattern(3 * CHUNK_BYTES))
    await log.close()
    const [, first, second] = store.pairs.filter(({ key }) => parseKey(key).kind === 'blob')
    const flipped = second!.value.slice()
    flipped[1_000]! ^= 1
    for (const value of [flipped, undefined, first!.value]) {
      const copy = store.crashed()
      await copy.write([{ key: second!.key, value }])
      const again = await openStore(copy)
      await rejection('PLOG_CORRUPTED', () => content(again, 4))
      expect((await again.checkpoints.latest())?.slot).to.equal(2)
      const report = await again.verify()
      expect(report.ok).to.equal(false)
      expect(report.damaged[0]?.reason).to.match(/^the checkpoint at slot 4 is damaged: /)
      await again.close()
    }
  })

  it('replace one whose header is damaged', async () => {
    const store = new ArrayStore()
    const log = await logWithDecisions(store)
    await log.checkpoints.store(2, bytes('lost'))
    await log.close()
    const header = store.pairs.find(({ key }) => parseKey(key).kind === 'checkpoint')!
    const copy = store.crashed()
    await copy.write([{ key: header.key, value: header.value.slice(1) }])
    const again = await openStore(copy, { recovery: 'salvage' })
    expect(again.recovery).to.deep.include({ votesLost: false })
    expect(await again.checkpoints.latest()).to.equal(undefined)
    await again.checkpoints.store(3, bytes('new'))
    await again.close()
    const third = copy.crashed()
    const last = await openStore(third)
    expect(last.recovery.damaged).to.be.empty
    expect([countOf(third, 'blob'), countOf(third, 'checkpoint')]).to.deep.equal([1, 1])
    await last.close()
  })
})
