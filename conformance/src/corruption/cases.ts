import { expect } from 'chai'
import { Unproven } from '../running/unproven.js'
import type { WorkloadPlan } from '../crash-states/messages.js'
import { needs, needsAll, type Case } from '../suites/case.js'
import { examineDamage } from './damage-examination.js'
import type { DamageKind } from './damage.js'
import type { AfterDamage } from './messages.js'

/** Every byte of some tens of kilobytes, in ms: only what hangs takes so long. */
const TIMEOUT_MS = 3_600_000

type Requirement = NonNullable<Case['requires']>

/** Some tens of kilobytes, with a clean close in the middle. */
const SAMPLE: WorkloadPlan = { sessions: 2, calls: 50, valueLength: 200 }

/** Never opened again: cut to where an earlier close ended, a file would be what that close had left, and say nothing. */
const CLOSED_ONCE: WorkloadPlan = { ...SAMPLE, sessions: 1, calls: 90 }

/** Damage that does not need all of the budget to be looked at often enough. */
const SAMPLED = 2_000

const needsFiles: Requirement = (_, files) =>
  files.length > 0 ? undefined : 'it leaves no files behind when it is closed'

const needsLocating: Requirement = ({ locatesCorruption }) =>
  locatesCorruption ? undefined : 'it does not say what damage hit (locatesCorruption is false)'

interface DamageCase {
  readonly id: string
  readonly title: string
  readonly kinds: readonly DamageKind[]
  /** Of the budget; at most so many in any case. */
  readonly share: number
  readonly most?: number
  readonly then?: AfterDamage
  readonly plan?: WorkloadPlan
  /** Of the log's files: it is given more calls until they have so many. */
  readonly leastBytes?: number
  readonly requires?: Requirement
  readonly follows?: boolean
}

function damageCase({
  id,
  title,
  kinds,
  share,
  most = Infinity,
  then = 'open',
  plan = SAMPLE,
  leastBytes = 0,
  requires,
  follows = false,
}: DamageCase): Case {
  return {
    id,
    title,
    requires: needsAll(needs('power-loss'), needsFiles, requires ?? (() => undefined)),
    spawns: true,
    follows,
    timeoutMs: TIMEOUT_MS,
    async run(ctx) {
      const { damages } = ctx.budgets
      const limit = Math.min(
        most,
        damages === undefined ? Infinity : Math.max(8, Math.round(damages * share)),
      )
      const totals = await examineDamage(
        ctx,
        { plan, leastBytes },
        { kinds, most: Number.isFinite(limit) ? limit : undefined, then },
      )
      if (follows && !totals.isFollowed) throw new Unproven('it writes its files past node:fs')
      if (ctx.state === undefined)
        expect(totals.tried, 'kinds of damage that were tried').to.be.greaterThan(0)
    },
  }
}

/** Most of it hits the newest state. */
const TO_CHECKPOINTS = {
  kinds: ['flip', 'cut', 'block', 'removal'],
  share: 0.3,
  most: SAMPLED,
  then: 'recover',
} as const

/** What becomes of damage to the files of a closed log: all is right, or it says so; never silence, wrong bytes, death. */
export const corruptionCases: readonly Case[] = [
  damageCase({
    id: 'rot.flip-every-byte',
    title: 'notices a bit that has changed in any byte of its files',
    kinds: ['flip'],
    leastBytes: 40_000,
    share: 1,
  }),
  damageCase({
    id: 'rot.truncate-every-length',
    title: 'notices a file that has become shorter, by however many bytes',
    kinds: ['cut', 'truncation'],
    plan: CLOSED_ONCE,
    share: 0.7,
    most: SAMPLED,
  }),
  damageCase({
    id: 'rot.missing-file',
    title: 'notices a file or directory that is gone',
    kinds: ['removal'],
    share: 1,
  }),
  damageCase({
    id: 'rot.zeroed-and-swapped-blocks',
    title: 'notices blocks that were zeroed or changed places',
    kinds: ['block'],
    share: 0.7,
    most: SAMPLED,
  }),
  damageCase({
    id: 'rot.swap-two-records',
    title: 'notices writes that never arrived, or arrived in the place of one another',
    kinds: ['write'],
    share: 0.7,
    most: SAMPLED,
    follows: true,
  }),
  damageCase({
    id: 'rot.stale-file',
    title: 'notices a file that is what it was before the log was closed',
    kinds: ['stale'],
    share: 1,
    follows: true,
  }),
  damageCase({
    id: 'rot.record-from-other-log',
    title: 'notices a file of another log in the place of its own',
    kinds: ['foreign'],
    share: 1,
  }),
  damageCase({
    id: 'rot.rest-still-readable',
    title: 'serves what is intact and names what is not when it is opened over damage to salvage it',
    kinds: ['flip', 'block', 'removal'],
    share: 0.7,
    most: SAMPLED,
    then: 'salvage',
    requires: needsLocating,
  }),
  damageCase({
    id: 'rot.repaired-by-learn',
    title: 'opens strictly again, with every decision, when it was salvaged and has learned what it had lost',
    kinds: ['flip', 'block', 'removal'],
    share: 0.5,
    most: SAMPLED,
    then: 'repair',
    requires: needsLocating,
  }),
  damageCase({
    id: 'rot.newest-checkpoint-falls-back',
    title: 'recovers from the newest checkpoint that is intact, and never prunes that one',
    ...TO_CHECKPOINTS,
    plan: { ...CLOSED_ONCE, only: 'compacted to an older checkpoint' },
  }),
  damageCase({
    id: 'rot.newest-checkpoint-required',
    title: 'asks for another checkpoint where the only one that reaches the point is damaged',
    ...TO_CHECKPOINTS,
    plan: { ...CLOSED_ONCE, only: 'compacted to the newest checkpoint' },
  }),
]
