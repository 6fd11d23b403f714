import { expect } from 'chai'
import { mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineBackend } from '../../../src/backend/define-backend.js'
import { fields } from '../../../src/backend/schemas.js'
import { defineStoreBackend } from '../../../src/backend/ordered-store/define-store-backend.js'
import type { OpenedStore, StoreBackend } from '../../../src/backend/ordered-store/define-store-backend.js'
import { openOrderedStoreLog } from '../../../src/backend/ordered-store/ordered-store-log.js'
import { isPersistentLogError } from '../../../src/errors/index.js'
import { ArrayStore } from '../../support/array-store.js'
import { CONTEXT } from '../../support/context.js'
import { rejection } from '../../support/rejections.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'
import { LOG_ID, openStore } from './open-store.js'

const definition: StoreBackend<unknown> = {
  name: 'mine',
  summary: 'for tests',
  formatVersion: 1,
  options: fields({}),
  openStore: async () => ({ store: new ArrayStore() }),
}

/** Declared as a JavaScript user may, whom no compiler tells. */
const declare = (changes: object) => () => defineStoreBackend({ ...definition, ...changes })

/** A store with some parts of another kind. */
const store = (changes: object): ArrayStore => Object.assign(new ArrayStore(), changes)

describe('the definition of a backend over a store', () => {
  const wrong: readonly (readonly [part: string, value: unknown, message: string])[] = [
    ['name', undefined, 'definition.name is nothing; it must be lower-case letters, digits and dashes'],
    ['name', 'My Store', 'definition.name is "My Store"; it must be lower-case letters, digits and dashes'],
    ['summary', 7, 'definition.summary is 7; it must be a string'],
    ['options', {}, 'definition.options is an object; it must be a schema with safeParse()'],
    ['judgesByClose', 'yes', 'definition.judgesByClose is "yes"; it must be true, false or missing'],
    ['openStore', undefined, 'definition.openStore is nothing; it must be a function'],
    ...[undefined, null, 0, -1, 1.5, NaN, '1', 2 ** 53].map((value) => {
      const shown = value === undefined ? 'nothing' : JSON.stringify(value)
      const name = `definition.formatVersion is ${Number.isNaN(value) ? 'NaN' : shown}`
      return ['formatVersion', value, `${name}; it must be an integer from 1 to 9007199254740991`] as const
    }),
  ]
  for (const [part, value, message] of wrong) {
    it(`is refused at the call: ${message}`, () => {
      expect(declare({ [part]: value })).to.throw(TypeError, message)
    })
  }

  it('is refused when it is none, and with all that is wrong', () => {
    const defineAny = defineStoreBackend as (definition?: unknown) => unknown
    expect(() => defineAny()).to.throw(TypeError, 'definition is nothing; it must be an object')
    expect(declare({ summary: 1, openStore: 2 })).to.throw(
      TypeError,
      'definition.summary is 1; it must be a string. definition.openStore is 2; it must be a function',
    )
  })

  it('of a whole backend is checked as well', () => {
    const { name, summary, options } = definition
    const parts = { name, summary, options, needsDirectory: false, open: () => Promise.reject(new Error()) }
    expect(() => defineBackend({ ...parts, name: '' })).to.throw(TypeError, 'backend.name is ""; it must be')
    expect(() => defineBackend({ ...parts, attach: 1 as never })).to.throw(
      TypeError,
      'backend.attach is 1; it must be a function, where it is there',
    )
    const { open, ...unopened } = parts
    expect(() => defineBackend({ ...unopened } as never)).to.throw(TypeError, 'backend.open is nothing')
    expect(defineBackend({ ...unopened, open })).to.be.frozen
  })
})

describe('the store that a backend opens', () => {
  const place = temporaryDirectory()

  /** What an open over it is refused with, after which the next try finds an engine, and makes the log. */
  async function refusal(opened: unknown): Promise<Error> {
    let result = opened
    const backend = defineStoreBackend({ ...definition, openStore: async () => result as OpenedStore })
    const directory = mkdtempSync(join(place.path, 'log-'))
    const context = { ...CONTEXT, directory }
    const error: unknown = await backend.open(context).catch((cause: unknown) => cause)
    expect(error).to.be.instanceOf(TypeError)
    expect(readdirSync(directory)).not.to.include('plog.json')
    const good = new ArrayStore()
    result = { store: Object.assign(good, { close: async () => {} }) }
    const log = await backend.open(context)
    expect(log.recovery.created).to.equal(true)
    await log.close()
    return error as Error
  }

  const wrong: readonly (readonly [part: string, value: unknown, message: string])[] = [
    [
      'survives',
      'power',
      '"power"; it must be one of "nothing", "process-crash", "power-loss", "machine-loss"',
    ],
    ['openBy', 'one', '"one"; it must be one of "one-process", "many-threads"'],
    ['maxValueBytes', undefined, 'nothing; it must be an integer above 0, or Infinity'],
    ['maxValueBytes', NaN, 'NaN; it must be an integer above 0, or Infinity'],
    ['maxValueBytes', '1', '"1"; it must be an integer above 0, or Infinity'],
    ['get', undefined, 'nothing; it must be a function'],
    ['page', undefined, 'nothing; it must be a function'],
    ['write', undefined, 'nothing; it must be a function'],
    ['close', undefined, 'nothing; it must be a function'],
    ['borrow', true, 'true; it must be a function, or missing'],
    ['reclaim', 'yes', '"yes"; it must be a function, or missing'],
  ]
  for (const [part, value, message] of wrong) {
    it(`is refused before a log is made: store.${part} is ${message}`, async () => {
      expect((await refusal({ store: store({ [part]: value }) })).message).to.include(
        `store.${part} is ${message}`,
      )
    })
  }

  it('is refused with all that is wrong, and when there is none', async () => {
    expect((await refusal({ store: {} })).message).to.match(
      /store\.survives is nothing.*store\.close is nothing/,
    )
    const what = 'what openStore of backend "mine" resolved with'
    expect((await refusal(undefined)).message).to.equal(`${what} is nothing; it must be an object`)
    expect((await refusal({})).message).to.equal(`${what}.store is nothing; it must be an OrderedStore`)
  })

  it('is refused with what was found beside it in another form', async () => {
    const good = new ArrayStore()
    expect((await refusal({ store: good, damaged: 'all' })).message).to.include('damaged is "all"')
    expect(good.isClosed).to.equal(true)
    const torn = { bytes: -1, ambiguous: false }
    const error = await refusal({ store: new ArrayStore(), torn })
    expect(error.message).to.include(
      'torn is an object; it must be an object { bytes, ambiguous }, or missing',
    )
  })

  it('is refused by name when it answers by a promise, and is not taken for damaged', async () => {
    const get = async (): Promise<undefined> => undefined
    const message = 'store.get(key) returned a promise; it must return a Uint8Array, or undefined'
    expect((await refusal({ store: store({ get }) })).message).to.include(message)
    const borrow = () => Promise.reject(new Error('not the one to tell'))
    const borrowed = await refusal({ store: store({ borrow }) })
    expect(borrowed.message).to.include('store.borrow(key) returned a promise')
    const text = await refusal({ store: store({ get: () => 'text' }) })
    expect(text.message).to.include('store.get(key) returned "text"; it must return a Uint8Array')
  })

  it('that fails at its first read says so', async () => {
    const fail = () => {
      throw new Error('no such table')
    }
    for (const part of ['get', 'borrow']) {
      const error = await rejection('PLOG_IO', () => openStore(store({ [part]: fail })))
      expect(error.message).to.include('no such table')
    }
  })

  it('is refused when a page of it is no list', async () => {
    const error: unknown = await openStore(store({ page: async () => ({}) })).catch((cause: unknown) => cause)
    expect(error).to.be.instanceOf(TypeError)
    const message = 'store.page(range) resolved with an object; it must be a list of pairs'
    expect((error as Error).message).to.equal(message)
  })

  it('is checked where a backend opens the log itself, and what is held beside it is released', async () => {
    let released = 0
    const onClose = async (): Promise<void> => void released++
    const options = { backend: 'mine', logId: LOG_ID, context: CONTEXT, created: true, cleanClose: true }
    for (const [held, message] of [
      [undefined, 'store is nothing; it must be an object'],
      [store({ openBy: 'one' }), 'store.openBy is "one"'],
    ] as const) {
      const log = openOrderedStoreLog({ ...options, store: held as ArrayStore, onClose })
      const error: unknown = await log.catch((cause: unknown) => cause)
      expect(isPersistentLogError(error)).to.equal(false)
      expect((error as Error).message).to.include(message)
    }
    expect(released).to.equal(2)
  })

  it('may be without a limit of its own', async () => {
    const log = await openStore(store({ maxValueBytes: Infinity }))
    expect(log.capabilities.limits.valueBytes).to.equal(16 * 1024 * 1024)
    await log.close()
  })
})
