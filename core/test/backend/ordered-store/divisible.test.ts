import { expect } from 'chai'
import { parseKey } from '../../../src/backend/ordered-store/key-layout.js'
import type { StorePair } from '../../../src/backend/ordered-store/ordered-store.js'
import type { PersistentLog } from '../../../src/contract/persistent-log.js'
import { isPersistentLogError } from '../../../src/errors/index.js'
import { ArrayStore } from '../../support/array-store.js'
import { rejection } from '../../support/rejections.js'
import { ballot, bytes, openStore } from './open-store.js'

const parts = (...texts: string[]) => texts.map((text) => ({ content: bytes(text) }))

async function stateAt(log: PersistentLog, slot: number): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of log.checkpoints.read(slot)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Checkpoints at 1, in one piece, at 2 and at 3, which share a part. */
async function writtenStore(): Promise<ArrayStore> {
  const store = new ArrayStore()
  const log = await openStore(store)
  await log.learnAll([0, 1, 2, 3].map((slot) => ({ slot, ballot: ballot(1), value: bytes('v') })))
  await log.checkpoints.store(1, bytes('whole'))
  await log.checkpoints.divisible.store(2, parts('two', 'shared'))
  await log.checkpoints.divisible.store(3, parts('shared', 'three'))
  await log.close()
  return store
}

const STATES: Readonly<Record<number, string>> = { 1: 'whole', 2: 'twoshared', 3: 'sharedthree' }

/** Which checkpoints of a reopened log can be read; whatever is read must be what was stored. */
async function readable(log: PersistentLog): Promise<number[]> {
  const found: number[] = []
  for (const { slot } of await log.checkpoints.list()) {
    try {
      expect(await stateAt(log, slot)).to.equal(STATES[slot])
      found.push(slot)
    } catch (error) {
      if (!isPersistentLogError(error, 'PLOG_CORRUPTED')) throw error
    }
  }
  return found
}

const blobPairs = (store: ArrayStore): StorePair[] =>
  store.pairs.filter(({ key }) => parseKey(key).kind === 'blob')

/** The checkpoints that hold a content; a list is that of the checkpoint whose other blobs do not hold it. */
const holders = (pair: StorePair): string =>
  ['whole', 'two', 'three', 'shared'].find((text) =>
    Buffer.from(pair.value).toString('latin1').endsWith(text),
  ) ?? 'a list'

describe('divisible checkpoints in an ordered store', () => {
  it('cost exactly the checkpoints that name a damaged part or list, whichever byte is flipped', async () => {
    const whole = await writtenStore()
    const expected: Readonly<Record<string, readonly number[][]>> = {
      whole: [[2, 3]],
      two: [[1, 3]],
      three: [[1, 2]],
      shared: [[1]],
      'a list': [
        [1, 3],
        [1, 2],
      ],
    }
    expect(blobPairs(whole)).to.have.length(6)
    for (const [at, pair] of blobPairs(whole).entries()) {
      for (let byte = 0; byte < pair.value.byteLength; byte++) {
        const store = whole.crashed()
        blobPairs(store)[at]!.value[byte]! ^= 1 << (byte % 8)
        const log = await openStore(store)
        const left = await readable(log)
        expect(expected[holders(pair)], `${holders(pair)}, byte ${byte}`).to.deep.include(left)
        expect((await log.checkpoints.latest())?.slot).to.equal(left.at(-1))
        const { ok } = await log.verify()
        expect(ok, 'verify').to.equal(false)
        await log.close()
      }
    }
  })

  it('fall back to an older one, from which the log may go on and whose parts may be stored anew', async () => {
    const store = (await writtenStore()).crashed()
    const shared = blobPairs(store).find((pair) => holders(pair) === 'shared')!
    store.pairs.splice(store.pairs.indexOf(shared), 1)
    const log = await openStore(store)
    await rejection('PLOG_CHECKPOINT_REQUIRED', () => log.compact({ before: 3 }))
    expect((await log.checkpoints.latest())?.slot).to.equal(1)
    await log.checkpoints.divisible.store(4, parts('shared', 'new'))
    await log.compact({ before: 4 })
    expect(await stateAt(log, 4)).to.equal('sharednew')
    await log.checkpoints.prune({ keep: 1 })
    await log.close()
    expect(blobPairs(store), 'two parts and their list').to.have.length(3)
  })

  it('leave no part behind that a crash kept from being named, and lose none that is named', async () => {
    const whole = await writtenStore()
    const writes = async (store: ArrayStore): Promise<void> => {
      const log = await openStore(store)
      await log.checkpoints.divisible.store(4, parts('shared', 'new', 'newer'))
      await log.checkpoints.prune({ keep: 1 })
      await log.close()
    }
    const counted = whole.crashed()
    await writes(counted)
    for (let failFrom = 0; failFrom < counted.writes.length; failFrom++) {
      const store = whole.crashed()
      store.failFrom = failFrom
      await writes(store).catch(() => undefined)
      const after = store.crashed()
      const log = await openStore(after)
      const slots = (await log.checkpoints.list()).map(({ slot }) => slot)
      for (const slot of slots) expect(await stateAt(log, slot)).to.equal(STATES[slot] ?? 'sharednewnewer')
      const complete = slots.join() === '4' ? 4 : slots.join() === '1,2,3' ? 6 : undefined
      if (complete !== undefined) expect(blobPairs(after), `write ${failFrom}`).to.have.length(complete)
      expect((await log.verify()).ok).to.equal(true)
      await log.close()
    }
  })

  it('keep every blob over a list that cannot be read: nobody can tell what it named', async () => {
    const store = (await writtenStore()).crashed()
    const list = blobPairs(store).filter((pair) => holders(pair) === 'a list')[0]!
    list.value[list.value.byteLength - 1]! ^= 1
    const log = await openStore(store)
    expect(blobPairs(store)).to.have.length(6)
    expect((await log.checkpoints.list()).map(({ damaged }) => damaged)).to.deep.equal([false, true, false])
    await rejection('PLOG_CORRUPTED', () => log.checkpoints.divisible.describe(2))
    await log.checkpoints.prune({ keep: 1 })
    await log.close()
    const next = store.crashed()
    await (await openStore(next)).close()
    expect(blobPairs(next), 'the rest goes at the next open').to.have.length(3)
  })
})
