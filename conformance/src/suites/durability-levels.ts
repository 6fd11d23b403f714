import { expect } from 'chai'
import {
  SURVIVALS,
  survivesAtLeast,
  type Capabilities,
  type PersistentLog,
  type Survival,
} from '@persistent-log/core'
import { rejects } from '../running/assertions.js'
import type { CaseContext } from '../running/case-context.js'
import { dump } from '../running/dump.js'
import { ballot, proposal, proposals } from '../running/values.js'
import { needsAll, needsReopen, type Case } from './case.js'

const strongestOf = ({ survives }: Capabilities): Survival =>
  survivesAtLeast(survives.accept, survives.commit) ? survives.accept : survives.commit

const needsWeakerLevel = (capabilities: Capabilities): string | undefined =>
  strongestOf(capabilities) === 'nothing' ? 'there is no level below nothing' : undefined

const needsLevelAbove = ({ survives }: Capabilities): string | undefined =>
  survives.accept === 'machine-loss' && survives.commit === 'machine-loss'
    ? 'there is no level above machine-loss'
    : undefined

const above = (level: Survival): Survival[] => SURVIVALS.filter((other) => !survivesAtLeast(level, other))

/** Every write with a level, as a call of its own. */
const leveledWrites = (log: PersistentLog, accept: Survival | undefined, commit: Survival | undefined) =>
  [
    accept && [
      () => log.accept(proposal(20), { survives: accept }),
      () => log.acceptAll(proposals(20, 2), { survives: accept }),
      () => log.acceptAll(proposals(20, 2), { survives: accept, discardFrom: 1 }),
      () => log.discard({ from: 1 }, { survives: accept }),
    ],
    commit && [
      () => log.commit({ slot: 1, ballot: ballot(1) }, { survives: commit }),
      () => log.commitAll([{ slot: 1, ballot: ballot(1) }], { survives: commit }),
      () => log.learn(proposal(21), { survives: commit }),
      () => log.learnAll(proposals(21, 2), { survives: commit }),
    ],
  ].flatMap((calls) => calls ?? [])

/** The level at which a log acknowledges: by default, by configuration, by call. */
export const levelCases: readonly Case[] = [
  {
    id: 'dur.default-is-the-strongest',
    title: 'acknowledges at the strongest level that it offers unless it is told otherwise, and says so',
    async run(ctx) {
      const log = await ctx.open()
      const { accept, commit } = ctx.target.config(ctx.directory).durability ?? {}
      const { survives } = log.capabilities
      expect(log.status.durability).to.deep.equal({
        accept: accept ?? survives.accept,
        commit: commit ?? survives.commit,
      })
    },
  },
  {
    id: 'dur.weaker-level-is-shown',
    title: 'shows the weaker level that its user chose',
    requires: needsWeakerLevel,
    async run(ctx) {
      const log = await ctx.open({ durability: { accept: 'nothing' } })
      expect(log.status.durability.accept).to.equal('nothing')
      expect(log.status.durability.commit).to.equal(ctx.capabilities.survives.commit)
      expect(log.capabilities.survives, 'the capability is what it offers').to.deep.equal(
        ctx.capabilities.survives,
      )
    },
  },
  {
    id: 'dur.weaker-call-is-kept-by-close',
    title: 'flushes at close what was acknowledged below its level',
    requires: needsReopen,
    async run(ctx) {
      let log = await ctx.open({ durability: { accept: 'nothing', commit: 'nothing' } })
      await log.accept(proposal(0))
      await log.learn(proposal(1), { survives: 'nothing' })
      const before = await dump(log)
      log = await ctx.reopen(log)
      expect(await dump(log)).to.deep.equal(before)
    },
  },
  {
    id: 'dur.level-above-refused',
    title: 'refuses a call at a level above what it offers, and changes nothing',
    requires: needsLevelAbove,
    run: async (ctx) => void (await refuseLevelsAbove(ctx)),
  },
  {
    id: 'dur.level-above-writes-nothing',
    title: 'has stored nothing of a call at a level above what it offers',
    requires: needsAll(needsReopen, needsLevelAbove),
    async run(ctx) {
      const log = await refuseLevelsAbove(ctx)
      const before = await dump(log)
      expect(await dump(await ctx.reopen(log))).to.deep.equal(before)
    },
  },
  {
    id: 'dur.configured-level-above-refused',
    title: 'does not open with a configured level above what it offers, and can be opened afterwards',
    requires: needsLevelAbove,
    async run(ctx) {
      const { accept, commit } = ctx.capabilities.survives
      for (const level of above(accept)) {
        await rejects(ctx.open({ durability: { accept: level } }), 'PLOG_UNSUPPORTED')
      }
      for (const level of above(commit)) {
        await rejects(ctx.open({ durability: { commit: level } }), 'PLOG_UNSUPPORTED')
      }
      await (await ctx.open()).learn(proposal(0))
    },
  },
]

async function refuseLevelsAbove(ctx: CaseContext): Promise<PersistentLog> {
  const log = await ctx.open()
  await log.learn(proposal(0))
  await log.accept(proposal(1))
  const { accept, commit } = ctx.capabilities.survives
  for (const level of SURVIVALS) {
    const calls = leveledWrites(
      log,
      survivesAtLeast(accept, level) ? undefined : level,
      survivesAtLeast(commit, level) ? undefined : level,
    )
    for (const call of calls) await ctx.unchanged(log, () => rejects(call, 'PLOG_UNSUPPORTED'))
  }
  return log
}
