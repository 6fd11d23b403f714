import { expect } from 'chai'
import { parseConfig } from '../../src/registry/index.js'
import { rejection } from '../support/rejections.js'

describe('the configuration', () => {
  const issuesOf = async (input: unknown) =>
    (await rejection('PLOG_INVALID_CONFIG', () => parseConfig(input))).context.issues ?? []
  const issueOf = async (input: unknown) => {
    const issues = await issuesOf(input)
    expect(issues).to.have.length(1)
    return issues[0]!
  }

  it('is passed through when every field is right', () => {
    const config = {
      backend: 'lmdb',
      directory: 'data',
      firstSlot: 1,
      durability: { accept: 'process-crash' },
      recovery: 'salvage',
      acceptLostVotes: true,
      fullWaitMs: 0,
      poisonViews: false,
      limits: { valueBytes: 1, batchSlots: 2, batchBytes: 3, uncommittedBytes: 4 },
      options: { lmdb: { mapSizeBytes: 1 }, level: { anything: [true] } },
    }
    expect(parseConfig(config)).to.deep.equal(config)
  })

  it('may pace flushes by time, by bytes, or by both', () => {
    for (const flush of ['manual', { everyMs: 1 }, { everyBytes: 1 }, { everyMs: 1, everyBytes: 1 }]) {
      const config = { backend: 'memory', durability: { flush } }
      expect(parseConfig(config)).to.deep.equal(config)
    }
  })

  it('keeps a backend object as the very object that it is', () => {
    const backend = {
      name: 'own-one',
      summary: '',
      needsDirectory: false,
      options: { safeParse: () => ({ success: true, data: {} }) },
      open: () => Promise.reject(new Error('never opened')),
    }
    expect(parseConfig({ backend }).backend).to.equal(backend)
  })

  const wrong: [title: string, input: object, path: string, message: string, value: unknown][] = [
    [
      'a missing backend',
      {},
      'backend',
      'must be the name of a backend or of an npm package, a path to a module, or a backend object, got nothing',
      undefined,
    ],
    ['an empty backend', { backend: '' }, 'backend', 'a backend object, got ""', ''],
    ['a number for a backend', { backend: 7 }, 'backend', 'got 7', 7],
    ['slot -1', { firstSlot: -1 }, 'firstSlot', 'must be an integer from 0 to 9007199254740990, got -1', -1],
    [
      'slot 1.5',
      { firstSlot: 1.5 },
      'firstSlot',
      'must be an integer from 0 to 9007199254740990, got 1.5',
      1.5,
    ],
    [
      'slot 2^53 - 1',
      { firstSlot: 2 ** 53 - 1 },
      'firstSlot',
      'to 9007199254740990, got 9007199254740991',
      2 ** 53 - 1,
    ],
    ['slot 2^53', { firstSlot: 2 ** 53 }, 'firstSlot', 'to 9007199254740990, got 9007199254740992', 2 ** 53],
    [
      'a slot that is text',
      { firstSlot: '1' },
      'firstSlot',
      'must be an integer from 0 to 9007199254740990, got "1"',
      '1',
    ],
    [
      'an empty directory',
      { directory: '' },
      'directory',
      'must be the path of a directory, or its file: URL, got ""',
      '',
    ],
    ['a directory that is a number', { directory: 7 }, 'directory', 'or its file: URL, got 7', 7],
    [
      'a directory in the home of a shell',
      { directory: '~/logs' },
      'directory',
      '"~" is known to shells only, and a directory of that name is "./~", got "~/logs"',
      '~/logs',
    ],
    [
      'a directory on another machine',
      { directory: 'file://host/logs' },
      'directory',
      'must be the path of a directory, or its file: URL on this machine, got "file://host/logs"',
      'file://host/logs',
    ],
    [
      'a URL of no file',
      { directory: new URL('http://host/logs') },
      'directory',
      'file: URL on this machine, got "http://host/logs"',
      new URL('http://host/logs'),
    ],
    ['a directory with a NUL', { directory: 'a\0b' }, 'directory', 'must be the path of a directory', 'a\0b'],
    [
      'a survival that does not exist',
      { durability: { accept: 'always' } },
      'durability.accept',
      'must be one of "nothing", "process-crash", "power-loss", "machine-loss", got "always"',
      'always',
    ],
    [
      'a pace of flushes that is a word',
      { durability: { flush: 'often' } },
      'durability.flush',
      'must be "manual" or an object with everyMs',
      'often',
    ],
    [
      'a pace of flushes that never comes',
      { durability: { flush: {} } },
      'durability.flush',
      'must be "manual" or an object with everyMs (1 to 2147483647), everyBytes (from 1) or both, got an object',
      {},
    ],
    [
      'a pace of 0 ms',
      { durability: { flush: { everyMs: 0, everyBytes: 1 } } },
      'durability.flush.everyMs',
      'must be an integer from 1 to 2147483647, got 0',
      0,
    ],
    [
      'a durability that is a word',
      { durability: 'power-loss' },
      'durability',
      'must be an object with accept, commit and flush, got "power-loss"',
      'power-loss',
    ],
    [
      'a recovery that does not exist',
      { recovery: 'lenient' },
      'recovery',
      'must be one of "strict", "salvage", got "lenient"',
      'lenient',
    ],
    ['a poison', { poisonViews: 1 }, 'poisonViews', 'must be true or false, got 1', 1],
    ['a yes', { acceptLostVotes: 'yes' }, 'acceptLostVotes', 'must be true or false, got "yes"', 'yes'],
    [
      'a wait that no timer can do',
      { fullWaitMs: 2 ** 31 },
      'fullWaitMs',
      'must be an integer from 0 to 2147483647, got 2147483648',
      2 ** 31,
    ],
    [
      'a limit of 0',
      { limits: { valueBytes: 0 } },
      'limits.valueBytes',
      'must be an integer from 1 to 9007199254740991, got 0',
      0,
    ],
    [
      'a list of options',
      { options: [] },
      'options',
      'must be an object with a section per backend, got a list',
      [],
    ],
    [
      'an option outside the section of its backend',
      { options: { segmentBytes: 1_048_576 } },
      'options.segmentBytes',
      'must be an object: options has a section per backend',
      1_048_576,
    ],
  ]
  for (const [title, input, path, message, value] of wrong) {
    it(`refuses ${title}, with the field, the value and what is allowed`, async () => {
      const issue = await issueOf(path === 'backend' ? input : { backend: 'memory', ...input })
      expect(issue.path).to.equal(path)
      expect(issue.message).to.include(message)
      expect(issue.value).to.deep.equal(value)
    })
  }

  it('names every field that is wrong at once', async () => {
    const issues = await issuesOf({
      backend: 'memory',
      firstSlot: -1,
      recovery: 'x',
      limits: { batchSlots: 0.5 },
    })
    expect(issues.map(({ path }) => path)).to.deep.equal(['firstSlot', 'recovery', 'limits.batchSlots'])
  })

  it('names the nearest known key of an unknown one', async () => {
    const issue = await issueOf({ backend: 'memory', direktory: '/x' })
    expect(issue.path).to.equal('direktory')
    expect(issue.value).to.equal('/x')
    expect(issue.message).to.match(
      /^is not a known key; did you mean "directory"\?; allowed are backend, directory,/,
    )
  })

  it('names the known keys of the pace of flushes', async () => {
    const issue = await issueOf({ backend: 'memory', durability: { flush: { everyMs: 1, every: 1 } } })
    expect(issue.path).to.equal('durability.flush.every')
    expect(issue.message).to.include('allowed are everyMs, everyBytes')
  })

  it('names the nearest known key inside a section', async () => {
    const issue = await issueOf({ backend: 'memory', limits: { valueByte: 3 } })
    expect(issue.path).to.equal('limits.valueByte')
    expect(issue.message).to.include('did you mean "valueBytes"?; allowed are valueBytes, batchSlots')
  })

  it('guesses nothing when no key is near', async () => {
    const issue = await issueOf({ backend: 'memory', colour: 'red' })
    expect(issue.message).to.match(/^is not a known key; allowed are backend/)
  })

  for (const input of [undefined, null, 5, 'memory', [1]]) {
    it(`refuses ${JSON.stringify(input) ?? 'undefined'} as a whole configuration`, async () => {
      const issue = await issueOf(input)
      expect(issue.path).to.equal('')
      expect(issue.message).to.include('must be an object with at least a backend, got ')
    })
  }

  it('names every part that an object lacks to be a backend', async () => {
    const issue = await issueOf({ backend: { name: 'Big One', open: true } })
    expect(issue.path).to.equal('backend')
    expect(issue.message).to.include('name must be lower-case letters, digits and dashes')
    expect(issue.message).to.include('summary must be a string')
    expect(issue.message).to.include('needsDirectory must be a boolean')
    expect(issue.message).to.include('options must be a schema with safeParse()')
    expect(issue.message).to.include('open must be a function')
  })

  it('shows a long value shortened', async () => {
    const { message } = await rejection('PLOG_INVALID_CONFIG', () =>
      parseConfig({ backend: 'memory', recovery: 'x'.repeat(10_000) }),
    )
    expect(message.length).to.be.below(300)
  })
})
