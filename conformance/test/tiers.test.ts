import { expect } from 'chai'
import { describePersistentLog, runConformance, Unproven, type Case } from '@persistent-log/conformance'
import { whyNoDisk, whyNotHere } from '../src/host/host.js'
import { requiredAndMissing } from '../src/running/outcomes.js'
import { select } from '../src/running/selection.js'
import { parseTiers, REQUIRE_VARIABLE, resolveTiers, TIERS_VARIABLE } from '../src/running/tiers.js'

const REFERENCE = new URL('../src/mutants/reference.js', import.meta.url)

const withTier = (tier: Case['tier'], more: Partial<Case> = {}): Case => ({
  id: `own.tier-${tier ?? 'default'}`,
  title: 'holds',
  ...(tier !== undefined && { tier }),
  run: () => Promise.resolve(),
  ...more,
})
const ALL = [withTier(undefined), withTier(2), withTier(3)]
const facts = { capabilities: {} as never, files: [], host: { missing: {} } }
const ids = (cases: readonly Case[]) => cases.map(({ id }) => id)

describe('tiers', () => {
  it('choose the cases; a case is of tier 1 unless it says otherwise', () => {
    expect(ids(select(ALL, { ...facts, tiers: [1] }).chosen)).to.deep.equal(['own.tier-default'])
    expect(ids(select(ALL, { ...facts, tiers: [2, 3] }).chosen)).to.deep.equal(['own.tier-2', 'own.tier-3'])
  })

  it('leave out, with the reason, what the machine cannot run', () => {
    const host = { missing: { strace: 'strace is not installed', xfs: 'no mkfs.xfs', disk: 'on tmpfs' } }
    const cases = [withTier(1, { spawns: true }), withTier(2), withTier(3, { facilities: ['xfs'] })]
    const { chosen, leftOut } = select(cases, { ...facts, host, tiers: [1, 2, 3] })
    expect(chosen).to.deep.equal([])
    expect(leftOut.map(({ tier, reason, because }) => [tier, reason, because])).to.deep.equal([
      [1, 'on tmpfs', 'machine'],
      [2, 'strace is not installed', 'machine'],
      [3, 'no mkfs.xfs', 'machine'],
    ])
    expect(requiredAndMissing({ chosen, leftOut, tiers: [2], required: [2] })).to.have.length(1)
  })

  it('blame the log first: what its capabilities rule out could run nowhere', () => {
    const host = { missing: { strace: 'strace is not installed' } }
    const item = withTier(2, { requires: () => 'it forgets' })
    const { leftOut } = select([item], { ...facts, host, tiers: [2] })
    expect(leftOut).to.deep.equal([{ case: 'own.tier-2', tier: 2, reason: 'it forgets', because: 'log' }])
  })

  it('are not reached by what is waived, which is listed with its reason', () => {
    const waivers = { 'own.tier-2': 'the engine dies of it' }
    const { chosen, leftOut } = select(ALL, { ...facts, tiers: [1, 2], waivers })
    expect(ids(chosen)).to.deep.equal(['own.tier-default'])
    expect(leftOut).to.deep.equal([
      { case: 'own.tier-2', tier: 2, reason: 'the engine dies of it', because: 'waiver' },
    ])
    const misspelt = { 'own.tier-4': 'no such' }
    expect(() => select(ALL, { ...facts, tiers: [1], waivers: misspelt })).to.throw(
      'PLOG_INVALID_CONFIG: waivers.own.tier-4: must be named for a case: none has this id, got "no such"',
    )
  })

  it('are read from a list, and from the environment where nobody chose', () => {
    expect(parseTiers('x', '3,1,1')).to.deep.equal([1, 3])
    process.env[TIERS_VARIABLE] = '1,2'
    process.env[REQUIRE_VARIABLE] = '2'
    try {
      expect(resolveTiers(undefined, undefined)).to.deep.equal({ tiers: [1, 2], required: [2] })
      expect(resolveTiers([1], [])).to.deep.equal({ tiers: [1], required: [] })
    } finally {
      delete process.env[TIERS_VARIABLE]
      delete process.env[REQUIRE_VARIABLE]
    }
    expect(resolveTiers(undefined, undefined)).to.deep.equal({ tiers: [1], required: [] })
  })

  it('run what is required even if it was not asked for', () => {
    expect(resolveTiers([1], [3])).to.deep.equal({ tiers: [1, 3], required: [3] })
  })

  it('that do not exist are refused by name, value and what is allowed', () => {
    const allowed = 'must be a list of 1, 2 and 3'
    for (const text of ['4', 'x', '1,', ''])
      expect(() => parseTiers('--tier', text)).to.throw(`PLOG_INVALID_CONFIG: --tier: ${allowed}, got "`)
    expect(() => resolveTiers([], undefined)).to.throw('tiers: must name at least one of 1, 2 and 3')
    expect(() => resolveTiers([1], [0 as never])).to.throw(`require: ${allowed}, got 0`)
    for (const tiers of [null, 2, '1,2'] as never[])
      expect(() => resolveTiers(tiers, undefined)).to.throw(`tiers: ${allowed}, got `)
    process.env[TIERS_VARIABLE] = '1;2'
    try {
      expect(() => resolveTiers(undefined, undefined)).to.throw(`${TIERS_VARIABLE}: ${allowed}, got "1;2"`)
    } finally {
      delete process.env[TIERS_VARIABLE]
    }
  })

  it('are reported, each with what became of its cases', async () => {
    const additionalCases = [withTier(2), withTier(1, { requires: () => 'it has none' })]
    const options = { backend: REFERENCE, only: ['own'], additionalCases, tiers: [1, 2] as const }
    const { tiers, skipped } = await runConformance(options)
    expect(tiers.map(({ tier, passed }) => [tier, passed])).to.deep.equal([
      [1, 0],
      [2, 1],
    ])
    expect(skipped.map(({ reason }) => reason)).to.deep.equal(['it has none'])
  })
})

describe('a machine', () => {
  it('is asked for what every case of the tier needs, and for what this one needs', () => {
    const host = { missing: { strace: 'no strace', ext4: 'no mkfs.ext4' } }
    expect(whyNotHere(host, 1)).to.equal(undefined)
    expect(whyNotHere(host, 2)).to.equal('no strace')
    expect(whyNotHere(host, 3)).to.equal(undefined)
    expect(whyNotHere(host, 3, ['xfs', 'ext4'])).to.equal('no mkfs.ext4')
  })

  it('is none to crash on where a directory is in memory', () => {
    expect(whyNoDisk('/tmp', 0x01021994)).to.include('/tmp is on tmpfs, where a flush proves nothing')
    expect(whyNoDisk('/tmp', 0xef53)).to.equal(undefined)
  })
})

describe('a case that proves nothing', () => {
  const vacuous = withTier(undefined, {
    run: () => Promise.reject(new Unproven('no fault hit')),
  })
  const options = { backend: REFERENCE, only: ['own'], additionalCases: [vacuous] }

  it('has neither passed nor failed', async () => {
    const report = await runConformance(options)
    expect(report).to.include({ passed: 0, failed: 0 })
    expect(report.unproven).to.deep.equal([{ case: 'own.tier-default', tier: 1, reason: 'no fault hit' }])
  })

  it('fails where its tier is required', async () => {
    const report = await runConformance({ ...options, require: [1] })
    expect(report).to.include({ passed: 0, failed: 1 })
    expect(report.failures[0]?.message).to.equal('no fault hit')
  })
})

describe('a test runner', () => {
  /** Registers instead of running. */
  function recorder(withSkip: boolean) {
    const ran: string[] = []
    const skipped: string[] = []
    const it = Object.assign(
      (title: string) => void ran.push(title),
      withSkip ? { skip: (title: string) => void skipped.push(title) } : {},
    )
    return { ran, skipped, runner: { describe: (_: string, body: () => void) => body(), it } }
  }
  const options = { backend: REFERENCE, only: ['own'], tiers: [1, 2] as const, additionalCases: ALL }
  const before = { CI: process.env['CI'], PATH: process.env['PATH'] }
  beforeEach(() => void (process.env['PATH'] = '/no/such/folder'))
  afterEach(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })

  it('is given a skipped test, with the reason, for a case that the machine cannot run', async () => {
    delete process.env['CI']
    const { ran, skipped, runner } = recorder(true)
    await describePersistentLog({ ...options, runner })
    expect(ran).to.deep.equal(['own.tier-default holds'])
    expect(skipped).to.deep.equal(['own.tier-2 (tier 2) [skip: strace is not installed]'])
  })

  it('is given a failing test for it in CI, and where its tier is required', async () => {
    process.env['CI'] = 'true'
    const inCi = recorder(true)
    await describePersistentLog({ ...options, runner: inCi.runner })
    delete process.env['CI']
    const required = recorder(false)
    await describePersistentLog({ ...options, require: [2], runner: required.runner })
    for (const { ran, skipped } of [inCi, required]) {
      expect(ran).to.deep.equal(['own.tier-default holds', 'own.tier-2 (tier 2)'])
      expect(skipped).to.deep.equal([])
    }
  })
})
