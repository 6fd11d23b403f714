import { survivesAtLeast } from '@persistent-log/core'
import type { AuditFindings } from './audit.js'
import type { Expectation } from './expectation.js'
import type { OpeningReport } from './protocol.js'
import { rank, type AcknowledgementRecord } from './record.js'
import type { Visit } from './visit.js'

/** Something that had to be shown, whether it holds, and what it rests on. */
export interface Proof {
  readonly claim: string
  readonly holds: boolean
  readonly detail: string
}

const MAX_SHOWN = 3

/** A number for people. */
export const shown = (count: number): string => Math.round(count).toLocaleString('en')

function examples(faults: readonly string[], good: string): string {
  if (faults.length === 0) return good
  const more = faults.length > MAX_SHOWN ? ` and ${shown(faults.length - MAX_SHOWN)} more` : ''
  return `${faults.slice(0, MAX_SHOWN).join(', ')}${more}`
}

/** What a log that survives a crash of its process owes after one, or after a clean close. */
export async function proveNothingLost(
  opening: OpeningReport,
  findings: AuditFindings,
  record: AcknowledgementRecord,
  expectation: Expectation,
): Promise<Proof[]> {
  const { compactedBefore, appliedTo, capabilities, checkpoints } = opening
  const promised = opening.promised ? rank(opening.promised) : 0
  const inState =
    findings.compacted > 0 ? `, ${shown(findings.compacted)} of them in the checkpoint's state` : ''
  const proofs: Proof[] = [
    {
      claim: 'every acknowledged commit is there with its value',
      holds: findings.lostCommits.length === 0,
      detail: examples(findings.lostCommits, `${shown(findings.commits)} slots${inState}`),
    },
  ]
  if (survivesAtLeast(capabilities.survives.accept, 'process-crash')) {
    proofs.push({
      claim: 'every acknowledged accept is there, or was outbid or decided since',
      holds: findings.lostAccepts.length === 0,
      detail: examples(findings.lostAccepts, `${shown(findings.accepts)} slots`),
    })
  }
  proofs.push(
    {
      claim: 'the promise stands',
      holds: promised >= record.promised,
      detail: opening.promised ? `ballot ${opening.promised.round}.${opening.promised.nodeId}` : 'none',
    },
    await checkpointProof(opening, record, expectation),
    {
      claim: 'compacted slots stay compacted, up to a checkpoint',
      holds: compactedBefore >= record.compactedBefore && compactedBefore <= (checkpoints.at(-1)?.slot ?? 0),
      detail: `the log starts at slot ${shown(compactedBefore)}`,
    },
    {
      claim: 'what was in flight is there whole or not at all',
      holds: findings.notWhole.length === 0,
      detail: examples(findings.notWhole, `${shown(findings.unacknowledged)} whole without acknowledgement`),
    },
    {
      claim: 'the recovered state equals a replay of the input',
      holds:
        appliedTo === findings.contiguousTo &&
        opening.stateDigest === (await expectation.stateDigest(appliedTo)),
      detail: `${shown(appliedTo)} commands, SHA-256 ${opening.stateDigest.slice(0, 12)}...`,
    },
  )
  return proofs
}

async function checkpointProof(
  { checkpoints }: OpeningReport,
  { newestCheckpoint: noted }: AcknowledgementRecord,
  expectation: Expectation,
): Promise<Proof> {
  const newest = checkpoints.at(-1)
  const isThere =
    noted === undefined ||
    (newest !== undefined && newest.slot >= noted.slot) ||
    checkpoints.some(({ slot, digest }) => slot === noted.slot && digest === noted.digest)
  const isRight = newest === undefined || newest.digest === (await expectation.stateDigest(newest.slot))
  return {
    claim: 'the acknowledged checkpoint is there, or a newer one, and holds the right state',
    holds: isThere && isRight,
    detail: newest === undefined ? 'none was acknowledged' : `at slot ${shown(newest.slot)}`,
  }
}

/** What a log that survives nothing owes after a crash: an honest beginning. */
export function proveNothingSurvived(opening: OpeningReport, findings: AuditFindings): Proof[] {
  return [
    {
      claim: 'nothing survived, as the backend declares, and nothing is pretended',
      holds: opening.recovery.created && findings.shown === 0 && opening.appliedTo === 0 && !opening.promised,
      detail: `${shown(findings.commits)} commits were acknowledged in memory only`,
    },
  ]
}

/** What a replica owes that has finished its input. */
export async function proveFinished(life: Visit, expectation: Expectation): Promise<Proof[]> {
  const { work, misread } = life
  const { commands } = expectation
  const digest = await expectation.stateDigest(commands)
  const refused = work?.refused ?? 0
  return [
    {
      claim: 'the input is finished, and the state equals an independent replay of it',
      holds: work?.appliedTo === commands && work.stateDigest === digest,
      detail: `${shown(work?.appliedTo ?? 0)} commands, SHA-256 ${work?.stateDigest.slice(0, 12)}...`,
    },
    {
      claim: 'every slot that is left reads back as its command',
      holds: work !== undefined && misread.length === 0,
      detail: examples(
        misread.map((slot) => `slot ${slot}`),
        `${shown(work?.reads ?? 0)} slots in random order`,
      ),
    },
    {
      claim: 'a deposed proposer was refused each time',
      holds: work !== undefined,
      detail: `${shown(refused)} times`,
    },
  ]
}
