import { expect } from 'chai'
import { defineStoreBackend } from '../../../src/backend/ordered-store/define-store-backend.js'
import { parseKey } from '../../../src/backend/ordered-store/key-layout.js'
import { fields } from '../../../src/backend/schemas.js'
import type { Backend } from '../../../src/contract/backend.js'
import { ArrayStore } from '../../support/array-store.js'
import { CONTEXT } from '../../support/context.js'
import { rejection } from '../../support/rejections.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { ballot, bytes } from './open-store.js'

/** An engine whose pairs outlive its log, and whose next open may be made to fail. */
class Engine {
  #store = new ArrayStore()
  refuses: Error | undefined
  /** The same, behind its first change. */
  breaks: Error | undefined
  /** Every write of the next store does. */
  fails = false
  readonly requests: { created: boolean; cleanClose: boolean }[] = []

  /** The store that is open now. */
  get store(): ArrayStore {
    return this.#store
  }

  readonly backend: Backend = defineStoreBackend<unknown>({
    name: 'engine',
    summary: 'for tests',
    formatVersion: 1,
    options: fields({}),
    judgesByClose: true,
    openStore: async (_directory, { created, cleanClose, beginChanges }) => {
      this.requests.push({ created, cleanClose })
      if (this.refuses) throw this.refuses
      await beginChanges()
      if (this.breaks) throw this.breaks
      this.#store = this.#store.crashed()
      if (this.fails) this.#store.failFrom = 0
      return { store: this.#store }
    },
  })

  open(directory: string | undefined, recovery: 'strict' | 'salvage' = 'strict') {
    return this.backend.open({ ...CONTEXT, directory, recovery })
  }
}

const decision = { slot: 0, ballot: ballot(1), value: bytes('v') }

describe('a backend declared over an ordered store', () => {
  const place = temporaryDirectory()

  it('needs a directory, and says so', async () => {
    const error = await rejection('PLOG_INVALID_CONFIG', () => new Engine().open(undefined))
    expect(error.context.field).to.equal('directory')
  })

  it('makes its files once, and finds them again after a clean close', async () => {
    const engine = new Engine()
    const log = await engine.open(place.path)
    expect(log.recovery.created).to.equal(true)
    await log.learn(decision)
    await log.close()
    const again = await engine.open(place.path)
    expect(again.recovery).to.include({ created: false, cleanClose: true, decisions: 1 })
    await again.close()
    expect(engine.requests).to.deep.equal([
      { created: true, cleanClose: true },
      { created: false, cleanClose: true },
      { created: false, cleanClose: true },
    ])
  })

  it('judges by the same close when an open was refused, and not when one failed behind its first change', async () => {
    const engine = new Engine()
    await (await engine.open(place.path)).close()
    const failure = new Error('EIO')
    const judgedAs = async (): Promise<boolean | undefined> => {
      expect(await engine.open(place.path).catch((error: unknown) => error)).to.equal(failure)
      return engine.requests.at(-1)?.cleanClose
    }
    engine.refuses = failure
    expect([await judgedAs(), await judgedAs()]).to.deep.equal([true, true])
    engine.refuses = undefined
    engine.breaks = failure
    expect([await judgedAs(), await judgedAs()]).to.deep.equal([true, false])
    engine.breaks = undefined
    const log = await engine.open(place.path)
    expect(log.recovery.cleanClose).to.equal(false)
    await log.close()
  })

  it('makes no log where more durability is asked for than there is: the next try decides how it begins', async () => {
    const { backend } = new Engine()
    const context = { ...CONTEXT, directory: place.path }
    for (const durability of [{ accept: 'machine-loss' }, { commit: 'machine-loss' }] as const) {
      await rejection('PLOG_UNSUPPORTED', () => backend.open({ ...context, durability, firstSlot: 0 }))
    }
    const log = await backend.open({ ...context, firstSlot: 1 })
    expect(log).to.deep.include({ firstSlot: 1 })
    expect(log.recovery.created).to.equal(true)
    await log.close()
  })

  it('remembers that a write failed: the next open knows of no clean close', async () => {
    const engine = new Engine()
    const log = await engine.open(place.path)
    engine.store.failFrom = 0
    await rejection('PLOG_IO', () => log.learn(decision))
    await log.close().catch(() => undefined)
    const again = await engine.open(place.path)
    expect(again.recovery.cleanClose).to.equal(false)
    await again.close()
  })

  it('remembers it too when the write was one of the open: what it left may be half of one', async () => {
    const engine = new Engine()
    const log = await engine.open(place.path)
    await log.learn(decision)
    await log.close()
    const slot = engine.store.pairs.find(({ key }) => parseKey(key).kind === 'slot')
    slot!.value[20]! ^= 1
    engine.fails = true
    await rejection('PLOG_IO', () => engine.open(place.path, 'salvage'))
    engine.fails = false
    const again = await engine.open(place.path, 'salvage')
    expect(again.recovery.cleanClose).to.equal(false)
    await again.close()
  })

  it('gives the directory back when the engine does not open, and forgets nothing', async () => {
    const engine = new Engine()
    await (await engine.open(place.path)).close()
    engine.refuses = new Error('no such engine')
    const error = await engine.open(place.path).catch((cause: unknown) => cause)
    expect(error).to.equal(engine.refuses)
    engine.refuses = undefined
    const again = await engine.open(place.path)
    expect(again.recovery.cleanClose).to.equal(true)
    await again.close()
  })

  it('takes a file that its store does not find for damage', async () => {
    const engine = new Engine()
    await (await engine.open(place.path)).close()
    engine.refuses = Object.assign(new Error('no such file'), { code: 'ENOENT', path: '/gone' })
    const error = await rejection('PLOG_CORRUPTED', () => engine.open(place.path))
    expect(error.code).to.equal('PLOG_CORRUPTED')
    expect(error.context.file).to.equal('/gone')
    engine.refuses = undefined
    await (await engine.open(place.path)).close()
  })
})
