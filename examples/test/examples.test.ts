import { readFileSync, readdirSync } from 'node:fs'
import { expect } from 'chai'
import { run } from './run.js'

const SOURCES = new URL('../../src/', import.meta.url)
const ADAPTER = new URL('../../custom-backend/src/index.ts', import.meta.url)
const MAX_EXAMPLE_LINES = 60
const MAX_ADAPTER_LINES = 80

/** What each example has to say, in this order. */
const EXAMPLES: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  '01-quickstart': [
    'after accept: 1 accepted, 0 decided',
    'after commit: 0 accepted, 1 decided',
    'PLOG_ALREADY_COMMITTED',
    'after reopening: "set x = 42"',
    'clean close: true',
  ],
  '02-swap-backend': [
    /memory: commits survive nothing, .* 0 of 500 decisions/,
    /faster: commits survive power-loss, .* 500 of 500 decisions/,
    /lmdb: commits survive power-loss, .* 500 of 500 decisions/,
    /level: commits survive power-loss, .* 500 of 500 decisions/,
  ],
  '03-acceptor': [
    '1.1: wanted "red", proposes "red"',
    '1.2: wanted "blue", proposes "blue"',
    '2.3: wanted "green", proposes "blue"',
    'PLOG_STALE_BALLOT',
    'acceptor a decided "blue"',
    'acceptor b decided "blue"',
    'acceptor c decided "blue"',
  ],
  '04-custom-backend': ['promised 1.1, starts at slot 2', 'slot 2: "command 2"', 'all is what was written'],
  '05-typed': [
    'moves 30 from ada to bob',
    'nothing changed',
    'members, version 1: ada, bob',
    'PLOG_DIGEST_MISMATCH',
  ],
  '06-recover': [
    '8 slots compacted',
    'restored slot 10, replayed 4 decisions, stopped by a gap',
    '"never" 0',
  ],
  '07-configuration-files': [
    'from YAML: lmdb, values of up to 65536 bytes',
    'from the environment: the same log, "hello"',
    'PLOG_UNKNOWN_BACKEND',
    /firstSlot: .* got -1; fullWaitMs: .* got 1.5/,
    'options.lmdb.mapSizeByte',
    'PLOG_RECOVERY',
    'PLOG_WRONG_BACKEND',
  ],
  '08-divisible-state': [
    'from slot 1 to 2: page-7 is written, 99 parts are shared',
    'slot 1: 100 parts shipped, the follower starts at 1',
    'slot 2: 1 parts shipped, the follower starts at 2',
    'the state has 409600 bytes, verify says true',
  ],
  '09-worker-threads': [
    'the worker applied 1000 commands: the sum is 499500, as it must be 499500',
    "the worker's own proposal is decided: from the worker",
  ],
  '10-raft-follower': [
    'the leader of term 1: 1:1 2:1? 3:1? behind 0',
    'after a gap: false',
    'after another entry: false',
    'the leader of term 3: 1:1 2:2 3:3? behind 0',
    'a late message: 1:1 2:2 3:3? behind 0',
    'after reopening: {"term":3,"votedFor":"c"}',
    'a snapshot: nothing behind 9',
    'what follows it: 10:3 behind 9',
  ],
}

const numbered = readdirSync(SOURCES).filter((name) => /^\d\d-.*\.ts$/.test(name))
const linesOf = (file: URL): number => readFileSync(file, 'utf8').trimEnd().split('\n').length

describe('the examples', function () {
  this.timeout(30_000) // Each is a process of its own, with logs on the disk.

  it('are all examined here', () => {
    expect(numbered.map((name) => name.replace('.ts', ''))).to.deep.equal(Object.keys(EXAMPLES))
  })

  for (const [name, expected] of Object.entries(EXAMPLES)) {
    it(`${name} runs, and says what it promises`, async () => {
      const { code, output, errors } = await run(name)
      expect(errors).to.equal('')
      expect(code).to.equal(0)
      let rest = output
      for (const part of expected) {
        const at = typeof part === 'string' ? rest.indexOf(part) : rest.search(part)
        expect(at, `"${String(part)}" in its place in:\n${output}`).to.be.at.least(0)
        rest = rest.slice(at)
      }
    })
  }

  it(`fit on a page: less than ${MAX_EXAMPLE_LINES} lines each`, () => {
    for (const name of numbered) expect(linesOf(new URL(name, SOURCES)), name).to.be.below(MAX_EXAMPLE_LINES)
  })

  it(`show a backend of one's own in less than ${MAX_ADAPTER_LINES} lines`, () => {
    expect(linesOf(ADAPTER)).to.be.below(MAX_ADAPTER_LINES)
  })
})
