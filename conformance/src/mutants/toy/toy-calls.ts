import { isPersistentLogError, raise, type Damage, type PersistentLog } from '@persistent-log/core'
import { breakCheckpoints } from './toy-checkpoint-calls.js'
import type { ToyDefect } from './toy-defects.js'

/** The log, where the defect is one of its calls with that call replaced. */
export function withDefect(
  log: PersistentLog,
  damaged: readonly Damage[],
  defect: ToyDefect | undefined,
): PersistentLog {
  const isDamaged = (slot: number): boolean =>
    damaged.some(({ slots }) => slots !== undefined && slots.from <= slot && slot < slots.to)
  const { accept, commit, decisions, promise, verify } = bound(log)
  const { configuration } = log
  const broken: Partial<Record<ToyDefect, Partial<PersistentLog>>> = {
    flushCoversNothing: { flush: () => Promise.resolve() },
    damagedTakesAccept: {
      accept: async (proposal, options) => (isDamaged(proposal.slot) ? undefined : accept(proposal, options)),
    },
    damagedTakesCommit: {
      commit: async (decision, options) => (isDamaged(decision.slot) ? undefined : commit(decision, options)),
    },
    scanPassesDamage: {
      decisions: (range, options) => decisions(range, { damaged: 'skip', ...options }),
    },
    poisonedConfigures: {
      configuration: {
        load: (name) => configuration.load(name),
        store: (name, record) => configuration.store(name, record).catch(unlessPoisoned),
      },
    },
    poisonedCannotRead: {
      decisions: (range, options) => {
        if (log.status.state === 'poisoned') throw raise.io('decisions', {})
        return decisions(range, options)
      },
    },
    poisonUnnamed: {
      promise: (ballot) =>
        promise(ballot).catch((cause: unknown) => {
          unlessPoisoned(cause)
          throw raise.io('promise', {}, { cause })
        }),
    },
    verifyFindsNothing: { verify: async () => ({ ...(await verify()), ok: true, damaged: [] }) },
    verifyNamesNothing: {
      verify: async () => {
        const report = await verify()
        return { ...report, damaged: report.damaged.map(({ reason }) => ({ reason })) }
      },
    },
  }
  breakCheckpoints(log.checkpoints, defect)
  const calls = defect && broken[defect]
  return calls === undefined ? log : Object.assign(log, calls)
}

/** Swallows the refusal of a log that is poisoned, and no other. */
function unlessPoisoned(error: unknown): void {
  if (!isPersistentLogError(error, 'PLOG_POISONED')) throw error
}

/** The calls as they are before one of them is replaced. */
function bound(
  log: PersistentLog,
): Pick<PersistentLog, 'accept' | 'commit' | 'decisions' | 'promise' | 'verify'> {
  return {
    accept: log.accept.bind(log),
    commit: log.commit.bind(log),
    decisions: log.decisions.bind(log),
    promise: log.promise.bind(log),
    verify: log.verify.bind(log),
  }
}
