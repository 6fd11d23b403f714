import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { configFromEnvironment, loadConfig } from '../../src/registry/index.js'
import { rejection } from '../support/rejections.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

describe('a configuration file', () => {
  const place = temporaryDirectory()
  const expected = { backend: 'lmdb', directory: './data', options: { lmdb: { mapSizeBytes: 1_048_576 } } }

  it('is read as JSON, and relative paths start where it lies', async () => {
    const file = await place.write('deep/log.json', JSON.stringify(expected))
    expect(await loadConfig({ file })).to.deep.include({
      config: expected,
      relativeTo: join(place.path, 'deep'),
    })
  })

  for (const ending of ['yaml', 'yml']) {
    it(`is read as YAML when it ends in .${ending}`, async () => {
      const text = 'backend: lmdb\ndirectory: ./data\noptions:\n  lmdb: { mapSizeBytes: 1048576 }\n'
      const file = await place.write(`log.${ending}`, text)
      expect((await loadConfig({ file })).config).to.deep.equal(expected)
    })
  }

  it('is named by a file URL or relative to a directory as well', async () => {
    const file = await place.write('log.json', JSON.stringify(expected))
    expect((await loadConfig({ file: pathToFileURL(file) })).config).to.deep.equal(expected)
    expect((await loadConfig({ file: pathToFileURL(file).href })).config).to.deep.equal(expected)
    expect((await loadConfig({ file: 'log.json' }, { relativeTo: place.path })).config).to.deep.equal(
      expected,
    )
  })

  it('may begin with a byte order mark', async () => {
    const file = await place.write('log.json', `\uFEFF${JSON.stringify(expected)}`)
    expect((await loadConfig({ file })).config).to.deep.equal(expected)
  })

  it('with a YAML mistake is refused with the file and the line', async () => {
    const file = await place.write('log.yaml', 'backend: lmdb\noptions:\n  lmdb: { mapSizeBytes: 1\n')
    const { context } = await rejection('PLOG_INVALID_CONFIG', () => loadConfig({ file }))
    expect(context.field).to.match(/log\.yaml:4:1$/)
  })

  it('with one YAML key twice is refused with the line', async () => {
    const file = await place.write('log.yaml', 'backend: lmdb\nbackend: level\n')
    const { context, message } = await rejection('PLOG_INVALID_CONFIG', () => loadConfig({ file }))
    expect(context.field).to.match(/log\.yaml:2:1$/)
    expect(message).to.include('unique')
  })

  it('with a YAML tag that nobody knows is refused with the line', async () => {
    const file = await place.write('log.yaml', 'backend: memory\ndirectory: !here data\n')
    const { context } = await rejection('PLOG_INVALID_CONFIG', () => loadConfig({ file }))
    expect(context.field).to.match(/log\.yaml:2:12$/)
  })

  it('with YAML aliases that multiply beyond measure is refused', async () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x, x]']
    for (let i = 1; i < 8; i++) {
      const [before, name] = ['abcdefgh'[i - 1]!, 'abcdefgh'[i]!]
      lines.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(', ')}]`)
    }
    const file = await place.write('log.yaml', lines.join('\n'))
    await rejection('PLOG_INVALID_CONFIG', () => loadConfig({ file }))
  })

  it('with a JSON mistake is refused with the file and the line', async () => {
    const file = await place.write('log.json', '{\n  "backend": "lmdb",\n}')
    const { context } = await rejection('PLOG_INVALID_CONFIG', () => loadConfig({ file }))
    expect(context.field).to.match(/log\.json:3:1$/)
  })

  it('with JSON that ends early is refused at its end', async () => {
    const file = await place.write('log.json', '{\n  "backend": "lm')
    const { context } = await rejection('PLOG_INVALID_CONFIG', () => loadConfig({ file }))
    expect(context.field).to.match(/log\.json:2:17$/)
  })

  it('that is empty is refused', async () => {
    const file = await place.write('log.yaml', '')
    const { message } = await rejection('PLOG_INVALID_CONFIG', () => loadConfig({ file }))
    expect(message).to.include('must be an object with at least a backend, got null')
  })

  it('with a wrong field is refused with the field and the file', async () => {
    const file = await place.write('log.json', JSON.stringify({ backend: 'memory', firstSlot: -1 }))
    const { context, message } = await rejection('PLOG_INVALID_CONFIG', () => loadConfig({ file }))
    expect(context.field).to.equal('firstSlot')
    expect(message).to.include(`got -1 (in ${file})`)
  })

  it('that is missing or a directory is a failed read, with its path', async () => {
    const missing = join(place.path, 'none.json')
    const error = await rejection('PLOG_IO', () => loadConfig({ file: missing }))
    expect(error.context.file).to.equal(missing)
    expect(error.cause).to.have.property('code', 'ENOENT')
    await place.write('folder.json/x', '')
    const other = await rejection('PLOG_IO', () => loadConfig({ file: join(place.path, 'folder.json') }))
    expect(other.cause).to.have.property('code', 'EISDIR')
  })

  it('with another ending is refused, with the endings allowed', async () => {
    const file = await place.write('log.toml', 'backend = "memory"')
    const { context, message } = await rejection('PLOG_INVALID_CONFIG', () => loadConfig({ file }))
    expect(context.field).to.equal('file')
    expect(message).to.include('must end in .json, .yaml, .yml')
  })

  it('is refused together with other keys, each by its name', async () => {
    const file = await place.write('log.json', JSON.stringify(expected))
    const source = { file, firstSlot: 7, recovery: 'nonsense' }
    const { context, message } = await rejection('PLOG_INVALID_CONFIG', () => loadConfig(source))
    expect(context.issues?.map(({ path, value }) => [path, value])).to.deep.equal([
      ['firstSlot', 7],
      ['recovery', 'nonsense'],
    ])
    expect(message).to.include('firstSlot: is not a known key; allowed are file alone')
  })

  const unnamed = [
    5,
    null,
    'file://remote/log.json',
    'file:///a%2Fb.json',
    new URL('https://example.org/log.json'),
  ]
  for (const file of unnamed) {
    it(`is refused when ${String(file)} names none`, async () => {
      const source = { file } as unknown as Parameters<typeof loadConfig>[0]
      const { context, message } = await rejection('PLOG_INVALID_CONFIG', () => loadConfig(source))
      expect(context).to.deep.include({ field: 'file', value: file })
      expect(message).to.include('must be a path, or the file: URL of a path on this machine, got ')
    })
  }

  it('is refused when the directory that it is looked for from is none', async () => {
    const options = { relativeTo: 'file://remote/x' }
    const { context } = await rejection('PLOG_INVALID_CONFIG', () =>
      loadConfig({ file: 'log.json' }, options),
    )
    expect(context.field).to.equal('relativeTo')
  })
})

describe('a configuration object', () => {
  it('is resolved against the working directory', async () => {
    const loaded = await loadConfig({ backend: 'memory' })
    expect(loaded).to.deep.equal({ config: { backend: 'memory' }, relativeTo: process.cwd() })
  })

  it('that names a file beside a backend is refused', async () => {
    const mixed = { backend: 'memory', file: 'log.json' }
    const { context } = await rejection('PLOG_INVALID_CONFIG', () => loadConfig(mixed))
    expect(context.field).to.equal('file')
  })
})

describe('a configuration in the environment', () => {
  const variables = {
    PLOG_BACKEND: 'lmdb',
    PLOG_DIRECTORY: '/var/lib/log',
    PLOG_FIRST_SLOT: '1',
    PLOG_DURABILITY_ACCEPT: 'process-crash',
    PLOG_DURABILITY_COMMIT: 'power-loss',
    PLOG_DURABILITY_FLUSH: '{"everyMs":10,"everyBytes":65536}',
    PLOG_RECOVERY: 'salvage',
    PLOG_ACCEPT_LOST_VOTES: 'true',
    PLOG_FULL_WAIT_MS: '250',
    PLOG_LIMITS_VALUE_BYTES: '1024',
    PLOG_LIMITS_BATCH_SLOTS: '16',
    PLOG_POISON_VIEWS: 'true',
    PLOG_LIMITS_BATCH_BYTES: '4096',
    PLOG_LIMITS_UNCOMMITTED_BYTES: '65536',
    PLOG_OPTIONS: '{"lmdb":{"mapSizeBytes":1048576}}',
  }

  it('sets every field', async () => {
    const config = {
      backend: 'lmdb',
      directory: '/var/lib/log',
      firstSlot: 1,
      durability: {
        accept: 'process-crash',
        commit: 'power-loss',
        flush: { everyMs: 10, everyBytes: 65_536 },
      },
      recovery: 'salvage',
      acceptLostVotes: true,
      fullWaitMs: 250,
      poisonViews: true,
      limits: { valueBytes: 1024, batchSlots: 16, batchBytes: 4096, uncommittedBytes: 65536 },
      options: { lmdb: { mapSizeBytes: 1_048_576 } },
    }
    expect(configFromEnvironment(variables)).to.deep.equal(config)
    expect((await loadConfig({ environment: variables })).config).to.deep.equal(config)
  })

  it('is refused together with other keys, and where it is none', async () => {
    const both = { environment: variables, firstSlot: 7 }
    const { context } = await rejection('PLOG_INVALID_CONFIG', () => loadConfig(both))
    expect(context).to.deep.include({ field: 'firstSlot', value: 7 })
    for (const environment of [null, undefined, 'PLOG_BACKEND=memory']) {
      const source = { environment } as unknown as Parameters<typeof loadConfig>[0]
      const error = await rejection('PLOG_INVALID_CONFIG', () => loadConfig(source))
      expect(error.context.field).to.equal('environment')
    }
  })

  it('takes "manual" for the pace of flushes as it is', () => {
    const config = configFromEnvironment({ PLOG_BACKEND: 'memory', PLOG_DURABILITY_FLUSH: 'manual' })
    expect(config.durability).to.deep.equal({ flush: 'manual' })
  })

  it('takes an empty variable for an absent one', () => {
    const config = configFromEnvironment({ PLOG_BACKEND: 'memory', PLOG_DIRECTORY: '', PLOG_FIRST_SLOT: '' })
    expect(config).to.deep.equal({ backend: 'memory' })
  })

  const wrong: [name: string, value: string, path: string, message: string][] = [
    ['PLOG_FIRST_SLOT', '-1', 'PLOG_FIRST_SLOT', 'must be an integer from 0 to 9007199254740990, got -1'],
    ['PLOG_FIRST_SLOT', '0x10', 'PLOG_FIRST_SLOT', 'got "0x10"'],
    ['PLOG_FIRST_SLOT', '1.5', 'PLOG_FIRST_SLOT', 'got 1.5'],
    ['PLOG_DURABILITY_ACCEPT', 'power', 'PLOG_DURABILITY_ACCEPT', 'must be one of "nothing"'],
    [
      'PLOG_DURABILITY_FLUSH',
      'never',
      'PLOG_DURABILITY_FLUSH',
      'must be "manual" or a JSON object with everyMs',
    ],
    ['PLOG_DURABILITY_FLUSH', '{"everyMs":0}', 'PLOG_DURABILITY_FLUSH.everyMs', 'must be an integer from 1'],
    ['PLOG_LIMITS_BATCH_SLOTS', '0', 'PLOG_LIMITS_BATCH_SLOTS', 'must be an integer from 1'],
    ['PLOG_ACCEPT_LOST_VOTES', 'yes', 'PLOG_ACCEPT_LOST_VOTES', 'must be true or false, got "yes"'],
    ['PLOG_OPTIONS', '{lmdb', 'PLOG_OPTIONS', 'must be a JSON object with a section per backend'],
    ['PLOG_OPTIONS', '[]', 'PLOG_OPTIONS', 'must be an object with a section per backend, got a list'],
    ['PLOG_DIR', '/x', 'PLOG_DIR', 'is not a known key'],
    ['PLOG_LIMITS', '{}', 'PLOG_LIMITS', 'PLOG_LIMITS_VALUE_BYTES'],
    ['PLOG_DURABILITY', 'power-loss', 'PLOG_DURABILITY', 'PLOG_DURABILITY_ACCEPT'],
    ['PLOG_DIRECTROY', '/x', 'PLOG_DIRECTROY', 'did you mean "PLOG_DIRECTORY"?'],
  ]
  for (const [name, value, path, message] of wrong) {
    it(`refuses ${name}=${value} by the variable's name`, async () => {
      const environment = { PLOG_BACKEND: 'memory', [name]: value }
      const error = await rejection('PLOG_INVALID_CONFIG', () => configFromEnvironment(environment))
      expect(error.context.field).to.equal(path)
      expect(error.message).to.include(message)
    })
  }

  it('asks for PLOG_BACKEND when it is missing', async () => {
    const { context } = await rejection('PLOG_INVALID_CONFIG', () => configFromEnvironment({}))
    expect(context.field).to.equal('PLOG_BACKEND')
  })

  it('leaves the variables alone that Kubernetes sets for a service called plog', () => {
    const environment = {
      PLOG_BACKEND: 'memory',
      PLOG_SERVICE_HOST: '10.0.0.1',
      PLOG_PORT: 'tcp://10.0.0.1:80',
    }
    expect(configFromEnvironment(environment)).to.deep.equal({ backend: 'memory' })
  })
})
