import {
  openLog,
  survivesAtLeast,
  type Decision,
  type PersistentLog,
  type Survival,
} from '@persistent-log/core'
import type { Subject, SubjectRequest } from './subject.js'

/** The ballot of everything that the benchmarks write. */
export const BALLOT = Object.freeze({ round: 1, nodeId: 1 })

/** Opens a backend through the public interface. */
export async function openLogSubject({
  name,
  directory,
  survives,
  options,
}: SubjectRequest): Promise<Subject> {
  const log = await openLog({ backend: name, directory, ...(options ? { options } : {}) })
  return logSubject(name, log, survives)
}

function logSubject(name: string, log: PersistentLog, survives: Survival): Subject {
  const { syncReads, borrowedReads } = log
  return {
    name,
    isStored: log.capabilities.survives.commit !== 'nothing',
    log,
    async decide(from, values) {
      const decisions: Decision[] = values.map((value, index) => ({
        slot: from + index,
        ballot: BALLOT,
        value,
      }))
      if (decisions.length === 1) await log.learn(decisions[0]!, { survives })
      else await log.learnAll(decisions, { survives })
    },
    async read(slot) {
      return (await log.read(slot))?.value
    },
    ...(syncReads ? { readNow: (slot: number) => syncReads.read(slot)?.value } : {}),
    ...(borrowedReads
      ? { borrow: <T>(slot: number, use: (value: Uint8Array) => T) => borrowedReads.read(slot, use) }
      : {}),
    async scan(from, to, visit) {
      const scan = log.decisions({ from, to }, { batchLength: 1_000 })
      for (let batch = await scan.nextBatch(); batch; batch = await scan.nextBatch()) {
        for (const { slot, value } of batch) visit(slot, value)
      }
    },
    close: () => log.close(),
  }
}

/** Why a log cannot survive what a workload asks; `undefined` when it can. */
export function tooWeak(log: PersistentLog, survives: Survival): string | undefined {
  const { accept, commit } = log.capabilities.survives
  const isEnough = survivesAtLeast(accept, survives) && survivesAtLeast(commit, survives)
  return isEnough ? undefined : `survives ${commit}, not ${survives}`
}
