import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Audit, type AuditFindings } from '../src/replica/audit.js'
import { leaderBallot, rivalBallot, rivalValue } from '../src/replica/ballots.js'
import { Expectation } from '../src/replica/expectation.js'
import { AcknowledgementRecord } from '../src/replica/record.js'
import type { Acknowledgements, ShownEntry } from '../src/replica/protocol.js'

const COMMANDS = 4
const valueOf = (slot: number): Uint8Array => Buffer.from(`{"n":${slot}}`)
const decided = (slot: number, round = 1): ShownEntry => ({
  slot,
  ballot: leaderBallot(round),
  value: valueOf(slot),
  isDecided: true,
})
const accepted = (slot: number, round = 1): ShownEntry => ({ ...decided(slot, round), isDecided: false })

describe('the audit of a replica', () => {
  let place = ''
  let expectation: Expectation
  let record: AcknowledgementRecord

  before(async () => {
    place = mkdtempSync(join(tmpdir(), 'plog-'))
    const file = join(place, 'input.ndjson')
    writeFileSync(
      file,
      Array.from({ length: COMMANDS }, (_, slot) => Buffer.from(valueOf(slot)).toString()).join('\n'),
    )
    expectation = await Expectation.of(file, undefined)
  })
  after(() => rmSync(place, { recursive: true }))
  beforeEach(() => {
    record = new AcknowledgementRecord(COMMANDS)
  })

  const note = (calls: Partial<Acknowledgements>): void =>
    record.note({ accepts: [], commits: [], promises: [], checkpoints: [], compactions: [], ...calls })

  function audit(entries: readonly ShownEntry[], compactedBefore = 0): AuditFindings {
    const one = new Audit(expectation)
    one.see(entries)
    return one.compare(record, compactedBefore)
  }

  it('is content when everything acknowledged is there', () => {
    note({ accepts: [{ slot: 1, ballot: leaderBallot(1) }], commits: [{ slot: 0, ballot: leaderBallot(1) }] })
    const findings = audit([decided(0), accepted(1), decided(2)])
    expect(findings).to.deep.include({ lostCommits: [], lostAccepts: [], notWhole: [] })
    expect(findings).to.deep.include({ shown: 3, unacknowledged: 1, contiguousTo: 1 })
  })

  it('misses a commit that is absent, undecided, or decided under another ballot', () => {
    note({ commits: [0, 1, 2].map((slot) => ({ slot, ballot: leaderBallot(1) })) })
    expect(audit([accepted(1), decided(2, 2)]).lostCommits).to.deep.equal(['slot 0', 'slot 1', 'slot 2'])
  })

  it('misses an accept that is absent or went back to a lower ballot, and takes a higher one', () => {
    note({ accepts: [0, 1, 2].map((slot) => ({ slot, ballot: leaderBallot(2) })) })
    const rival = { slot: 1, ballot: rivalBallot(2), value: rivalValue(1), isDecided: false }
    expect(audit([rival, accepted(2, 3)]).lostAccepts).to.deep.equal(['slot 0', 'slot 1'])
  })

  it('leaves what lies below the point to the state', () => {
    note({ commits: [0, 1].map((slot) => ({ slot, ballot: leaderBallot(1) })) })
    expect(audit([decided(1)], 1)).to.deep.include({ lostCommits: [], compacted: 1, contiguousTo: 2 })
  })

  const wrong: readonly (readonly [string, ShownEntry])[] = [
    ['half a value', { ...decided(0), value: valueOf(0).subarray(1) }],
    ["another slot's value", { ...decided(0), value: valueOf(1) }],
    ['a decision for the rival', { ...decided(0), ballot: rivalBallot(1), value: rivalValue(0) }],
    ["a rival's slot without the rival's value", { ...accepted(0), ballot: rivalBallot(1) }],
    ['a ballot of nobody', { ...decided(0), ballot: { round: 1, nodeId: 3 } }],
    ['a slot behind the input', { ...decided(0), slot: COMMANDS }],
  ]
  for (const [what, entry] of wrong) {
    it(`notices ${what}`, () => {
      expect(audit([entry]).notWhole).to.have.length(1)
    })
  }

  it('notices a slot that is shown twice', () => {
    expect(audit([decided(0), decided(0)]).notWhole).to.have.length(1)
  })
})
