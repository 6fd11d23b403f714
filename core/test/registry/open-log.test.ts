import { join } from 'node:path'
import { expect } from 'chai'
import { defineBackend } from '../../src/backend/define-backend.js'
import { fields, integer, v } from '../../src/backend/schemas.js'
import { HANDLE_VERSION } from '../../src/backend/threads/handle.js'
import type { OpenContext, PersistentLog, ThreadHandle } from '../../src/contract/index.js'
import { attachLog, openLog } from '../../src/registry/index.js'
import { rejection } from '../support/rejections.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const options = fields({
  mapSizeBytes: v.optional(integer(4_096, 2 ** 40), 65_536),
  sync: v.optional(fields({ everyMs: integer(0, 1_000) })),
})

/** A backend that stops where a log would be opened, and tells what it was given. */
class Opened extends Error {
  constructor(readonly context: OpenContext) {
    super('opened')
  }
}
const refuseToOpen = (context: OpenContext): Promise<PersistentLog> => Promise.reject(new Opened(context))
const filed = defineBackend({ name: 'filed', summary: '', needsDirectory: true, options, open: refuseToOpen })
const fileless = defineBackend({
  name: 'file-less',
  summary: '',
  needsDirectory: false,
  options,
  open: refuseToOpen,
})

async function contextOf(call: Promise<unknown>): Promise<OpenContext> {
  try {
    await call
  } catch (error) {
    if (error instanceof Opened) return error.context
    throw error
  }
  return expect.fail('the backend was not asked')
}

describe('openLog', () => {
  const place = temporaryDirectory()

  it('completes what the configuration leaves out', async () => {
    expect(await contextOf(openLog({ backend: fileless }))).to.deep.equal({
      directory: undefined,
      firstSlot: 0,
      durability: {},
      recovery: 'strict',
      acceptLostVotes: false,
      fullWaitMs: 5_000,
      poisonViews: false,
      limits: {},
      options: { mapSizeBytes: 65_536 },
    })
  })

  it('hands on what the configuration says', async () => {
    const common = {
      firstSlot: 1,
      durability: { accept: 'process-crash' },
      recovery: 'salvage',
      acceptLostVotes: true,
      fullWaitMs: 7,
      poisonViews: true,
      limits: { valueBytes: 9 },
    } as const
    const own = { mapSizeBytes: 4_096, sync: { everyMs: 2 } }
    const context = await contextOf(
      openLog({ backend: filed, directory: '/logs/a', ...common, options: { filed: own } }),
    )
    expect(context).to.deep.equal({ ...common, directory: '/logs/a', options: own })
  })

  it('resolves a relative directory against the working directory', async () => {
    const { directory } = await contextOf(openLog({ backend: filed, directory: 'data' }))
    expect(directory).to.equal(join(process.cwd(), 'data'))
  })

  it('takes a directory that is named by a file: URL', async () => {
    for (const directory of [new URL('file:///logs/a%20b'), 'file:///logs/a%20b']) {
      expect((await contextOf(openLog({ backend: filed, directory }))).directory).to.equal('/logs/a b')
    }
    const own = await contextOf(openLog({ backend: filed, directory: './~' }))
    expect(own.directory).to.equal(join(process.cwd(), '~'))
  })

  it('resolves directory and backend of a file against the place of the file', async () => {
    await place.write('project/package.json', '{ "type": "module" }')
    await place.write(
      'project/engine.js',
      `export const backend = {
        name: 'engine', summary: '', needsDirectory: true, options: { safeParse: (data) => ({ success: true, data }) },
        open: (context) => Promise.reject(new Error(context.directory)),
      }`,
    )
    const file = await place.write('project/log.yaml', 'backend: ./engine.js\ndirectory: data\n')
    let reason: unknown
    await openLog({ file }).catch((error: unknown) => (reason = error))
    expect(reason).to.be.instanceOf(Error).with.property('message', join(place.path, 'project/data'))
  })

  it('asks for the directory of a backend that stores files', async () => {
    const { context, message } = await rejection('PLOG_INVALID_CONFIG', () => openLog({ backend: filed }))
    expect(context.field).to.equal('directory')
    expect(message).to.include('is required: backend "filed" stores files')
  })

  it('takes the environment for a configuration', async () => {
    const environment = { PLOG_BACKEND: 'no-such-backend' }
    const { context } = await rejection('PLOG_UNKNOWN_BACKEND', () => openLog({ environment }))
    expect(context.value).to.equal('no-such-backend')
  })

  it('leaves the sections of other backends alone, so that one word swaps the backend', async () => {
    const sections = {
      lmdb: { nonsense: true },
      'somebody-elses': { size: 5 },
      'file-less': { mapSizeBytes: 8_192 },
    }
    const context = await contextOf(openLog({ backend: fileless, options: sections }))
    expect(context.options).to.deep.equal({ mapSizeBytes: 8_192 })
  })

  const wrong: [title: string, section: unknown, field: string, message: string, value: unknown][] = [
    [
      'of the wrong type',
      { mapSizeBytes: '64MB' },
      'options.filed.mapSizeBytes',
      'must be an integer from 4096 to 1099511627776, got "64MB"',
      '64MB',
    ],
    [
      'below its range',
      { mapSizeBytes: 1 },
      'options.filed.mapSizeBytes',
      'an integer from 4096 to 1099511627776, got 1',
      1,
    ],
    [
      'above its range',
      { mapSizeBytes: 2 ** 41 },
      'options.filed.mapSizeBytes',
      'to 1099511627776, got 2199023255552',
      2 ** 41,
    ],
    [
      'in a nested section',
      { sync: { everyMs: -1 } },
      'options.filed.sync.everyMs',
      'from 0 to 1000, got -1',
      -1,
    ],
    [
      'that is unknown',
      { mapSizeByte: 4_096 },
      'options.filed.mapSizeByte',
      'did you mean "mapSizeBytes"?; allowed are mapSizeBytes, sync',
      4_096,
    ],
    [
      'that is unknown below another',
      { sync: { everyMS: 1 } },
      'options.filed.sync.everyMS',
      'did you mean "everyMs"?',
      1,
    ],
    [
      'that is missing',
      { sync: {} },
      'options.filed.sync.everyMs',
      'must be an integer from 0 to 1000, got nothing',
      undefined,
    ],
    ['section that is none', 5, 'options.filed', 'got 5', 5],
  ]
  for (const [title, section, field, message, value] of wrong) {
    it(`refuses an option ${title}, with its path, the value and what is allowed`, async () => {
      const error = await rejection('PLOG_INVALID_CONFIG', () =>
        openLog({ backend: filed, directory: 'x', options: { filed: section } }),
      )
      const issue = error.context.issues?.find(({ path }) => path === field)
      expect(issue, error.message).to.not.equal(undefined)
      expect(issue?.message).to.include(message)
      expect(issue?.value).to.equal(value)
    })
  }

  it("refuses a section whose name is a slip of the backend's", async () => {
    const error = await rejection('PLOG_INVALID_CONFIG', () =>
      openLog({ backend: filed, directory: 'x', options: { fild: { mapSizeBytes: 4_096 } } }),
    )
    expect(error.context.field).to.equal('options.fild')
    expect(error.message).to.include('did you mean "filed"?')
  })

  it('names all that does not fit the backend at once', async () => {
    const config = { backend: filed, options: { filed: { mapSizeBytes: 1, size: 2 } } }
    const { context } = await rejection('PLOG_INVALID_CONFIG', () => openLog(config))
    const fields = ['directory', 'options.filed.mapSizeBytes', 'options.filed.size']
    expect(context.issues?.map(({ path }) => path)).to.deep.equal(fields)
  })

  it('names what does not fit the backend as its author wrote it: a variable, or a field in a file', async () => {
    await place.write('package.json', '{ "type": "module" }')
    const engine = await place.write(
      'engine.js',
      `const issues = [{ path: ['depth'], message: 'must be 3' }]
      export const backend = {
        name: 'engine', summary: '', needsDirectory: true, open: () => Promise.reject(new Error('opened')),
        options: { safeParse: () => ({ success: false, error: { issues } }) },
      }`,
    )
    const environment = { PLOG_BACKEND: engine, PLOG_OPTIONS: '{ "engine": { "depth": 4 } }' }
    const fromVariables = await rejection('PLOG_INVALID_CONFIG', () => openLog({ environment }))
    expect(fromVariables.message).to.include('PLOG_DIRECTORY: is required: backend "engine" stores files')
    expect(fromVariables.message).to.include('PLOG_OPTIONS.engine.depth: must be 3, got 4')
    const file = await place.write('log.json', '{ "backend": "./engine.js" }')
    const fromFile = await rejection('PLOG_INVALID_CONFIG', () => openLog({ file }))
    expect(fromFile.message).to.include(`directory: is required: backend "engine" stores files (in ${file})`)
  })

  it('takes a section that is undefined for one that is left out', async () => {
    const context = await contextOf(openLog({ backend: fileless, options: { 'file-less': undefined } }))
    expect(context.options).to.deep.equal({ mapSizeBytes: 65_536 })
    for (const none of [null, [], [1]]) {
      const config = { backend: fileless, options: { 'file-less': none } }
      await rejection('PLOG_INVALID_CONFIG', () => openLog(config))
    }
  })

  it('says of a backend without options that none is allowed', async () => {
    const bare = defineBackend<unknown>({ ...fileless, options: fields({}) })
    const config = { backend: bare, options: { 'file-less': { a: 1 } } }
    const { message } = await rejection('PLOG_INVALID_CONFIG', () => openLog(config))
    expect(message).to.include('options.file-less.a: is not a known key; none is allowed')
  })

  it('refuses a section under what the backend was asked for by, and names the right key', async () => {
    await place.write('package.json', '{ "type": "module" }')
    const file = await place.write(
      'engine.js',
      `export const backend = {
        name: 'engine', summary: '', needsDirectory: false, options: { safeParse: (data) => ({ success: true, data }) },
        open: (context) => Promise.reject(new Error(JSON.stringify(context.options))),
      }`,
    )
    for (const options of [{ [file]: { size: 1 } }, { [file]: { size: 1 }, engine: {} }]) {
      const error = await rejection('PLOG_INVALID_CONFIG', () => openLog({ backend: file, options }))
      expect(error.context).to.deep.include({ field: `options.${file}`, value: { size: 1 } })
      expect(error.message).to.include('a section has the name of its backend, here "engine"')
    }
  })

  it('refuses a section under the package of a backend with a short name', async () => {
    const memory = defineBackend({ ...fileless, name: 'memory' })
    const options = { '@persistent-log/backend-memory': { mapSizeBytes: 4_096 } }
    const error = await rejection('PLOG_INVALID_CONFIG', () => openLog({ backend: memory, options }))
    expect(error.context.field).to.equal('options.@persistent-log/backend-memory')
    expect(error.message).to.include('here "memory"')
    const others = { '@persistent-log/backend-lmdb': {}, lmdb: {} }
    expect((await contextOf(openLog({ backend: memory, options: others }))).options).to.deep.equal({
      mapSizeBytes: 65_536,
    })
  })

  it('names options that are none', async () => {
    for (const call of [
      () => openLog({ backend: fileless }, null as never),
      () => attachLog(handleOfNobody(), null as never),
    ]) {
      const error: unknown = await call().catch((thrown: unknown) => thrown)
      expect(String(error)).to.equal('TypeError: options is null; it must be an object')
    }
  })
})

/** Well-formed, of a log that nobody opened. */
function handleOfNobody(): ThreadHandle {
  const progress = new SharedArrayBuffer(64)
  return Object.assign({ backend: 'nobody', seats: 0 }, { version: HANDLE_VERSION, progress, seatMemory: [] })
}
