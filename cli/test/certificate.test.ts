import { expect } from 'chai'
import type { ConformanceReport } from '@persistent-log/conformance'
import { certificate, type CertificateFacts } from '../src/certificate/certificate.js'
import { html } from '../src/certificate/html.js'
import { verdictOf } from '../src/certificate/verdict.js'

const tier = (number: 1 | 2 | 3, more: Partial<ConformanceReport['tiers'][number]> = {}) => ({
  tier: number,
  passed: 5,
  failed: 0,
  skipped: 0,
  missing: [],
  ...more,
})

const REPORT: ConformanceReport = {
  backend: 'toy <1>',
  capabilities: {
    survives: { accept: 'power-loss', commit: 'power-loss' },
    openBy: 'one-process',
  } as ConformanceReport['capabilities'],
  environment: { node: '20.19.0', platform: 'linux x64', kernel: '6.1', fileSystem: 'ext4' },
  passed: 10,
  failed: 0,
  skipped: [{ case: 'cap.x', tier: 1, reason: 'it has no "x"', because: 'log' }],
  unproven: [],
  failures: [],
  warnings: [],
  tiers: [tier(1), tier(2)],
  kills: 3,
  powerCuts: 0,
  ackedWrites: { verified: 12_345, lost: 0 },
  crashStates: 0,
  faults: { tried: 9, hit: 7 },
  corruption: { ok: 0, located: 0, silent: 0, wrong: 0, dead: 0 },
  modelRuns: 100,
  seeds: { run: 77 },
  tookMs: 61_000,
}

const FACTS: CertificateFacts = {
  backendVersion: '1.2.3',
  kitVersion: '0.1.0',
  budget: 'quick',
  options: undefined,
  isWhole: true,
  date: new Date('2026-11-27T12:34:56Z'),
}

const failed = {
  failed: 1,
  failures: [{ case: 'dur.x', title: 'holds', message: '- <b>', stack: undefined }],
}

describe('a verdict', () => {
  const of = (more: Partial<ConformanceReport>, isWhole = true) => verdictOf({ ...REPORT, ...more }, isWhole)

  const unprovenIn = (number: 1 | 2) => ({ case: 'fault.x', tier: number, reason: 'none hit' })

  it('names the highest tier up to which every tier was run whole and passed', () => {
    expect(of({})).to.include({ word: 'Passes', tier: 2 })
    expect(of({ tiers: [tier(1), tier(2, { missing: ['strace is not installed'] })] })).to.include({
      tier: 1,
    })
    expect(of({ tiers: [tier(1), tier(3)] })).to.include({ tier: 1 })
  })

  it('names none for a choice of cases, for a case that proved nothing, or for a machine that lacks something', () => {
    expect(of({}, false)).to.include({ word: 'Incomplete', tier: undefined })
    expect(of({ unproven: [unprovenIn(1)] })).to.include({ word: 'Incomplete', tier: undefined })
    expect(of({ tiers: [tier(1, { missing: ['on tmpfs'] })] })).to.include({ word: 'Incomplete' })
    expect(of({ tiers: [tier(2)] })).to.include({ word: 'Incomplete', tier: undefined })
  })

  it('keeps the tiers below the one in which a case proved nothing', () => {
    expect(of({ unproven: [unprovenIn(2)] })).to.include({ word: 'Passes', tier: 1 })
  })

  it('names no tier that something was waived in', () => {
    const waived = { case: 'fault.x', tier: 2, reason: 'the engine dies', because: 'waiver' } as const
    expect(of({ skipped: [waived] })).to.include({ tier: 1 })
  })

  it('is failed when a case failed or an acknowledged write is lost', () => {
    expect(of(failed)).to.include({ word: 'Failed', tone: 'bad', tier: undefined })
    expect(of({ ackedWrites: { verified: 1, lost: 2 } }).sentence).to.include(
      '2 acknowledged writes were lost',
    )
  })
})

describe('a certificate', () => {
  const page = certificate(REPORT, FACTS)

  it('shows backend, versions, where it ran, seed, and what was counted', () => {
    for (const text of [
      '1.2.3',
      '20.19.0',
      'ext4',
      '6.1',
      '77',
      '12,345',
      'tier 2',
      '61 s',
      '2026-11-27 12:34',
    ])
      expect(page).to.include(text)
  })

  it('escapes what it was given', () => {
    expect(page).to.include('toy &lt;1&gt;').and.include('it has no &quot;x&quot;').and.not.include('toy <1>')
    expect(certificate({ ...REPORT, ...failed }, FACTS)).to.include('- &lt;b&gt;')
  })

  it('needs nothing from elsewhere', () => {
    expect(page).to.not.match(/(?:src|href)=|@import|url\(|https?:/)
  })

  it('draws what came of damages, where some were done', () => {
    expect(page).to.not.include('Damaged files')
    const corruption = { ok: 50, located: 100, silent: 1, wrong: 0, dead: 0 }
    const damaged = certificate({ ...REPORT, corruption }, FACTS)
    expect(damaged).to.include('Damaged files').and.include('width: 100.0%').and.include('width: 1.0%')
  })
})

describe('a piece of a page', () => {
  it('escapes texts, keeps pieces, joins lists', () => {
    expect(html`<p>${'a&b'}${[html`<i></i>`, 1, '<']}</p>`.text).to.equal('<p>a&amp;b<i></i>1&lt;</p>')
  })
})
