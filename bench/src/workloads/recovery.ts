import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { needsFiles } from './needs.js'
import { ORDINARY, type Bed, type Step, type Workload } from './workload.js'

/** Only the hybrid log is filled up to ten million. */
const SIZES = [
  ['10k', 10_000, {}],
  ['1m', 1_000_000, { skipsWarmUp: true }],
  ['10m', 10_000_000, { rounds: 1, skipsWarmUp: true, only: ['faster'] }],
] as const

/** What opening costs: after a clean close, and after the process was killed. */
export const recoveryWorkloads: readonly Workload[] = SIZES.flatMap(([label, entries, limits]) => [
  {
    ...ORDINARY,
    ...limits,
    name: `open-clean-${label}`,
    title: `open ${label} entries after a clean close`,
    suites: ['durability', 'hybrid'],
    isQuick: entries < 100_000,
    survives: 'process-crash',
    entries,
    isReadOnly: true,
    misses: needsFiles,
    begin: (bed) => openAgain(bed, entries),
  },
  {
    ...ORDINARY,
    ...limits,
    name: `open-killed-${label}`,
    title: `open ${label} entries after SIGKILL`,
    suites: ['durability', 'hybrid'],
    isQuick: entries < 100_000,
    survives: 'process-crash',
    entries,
    beginsFrom: 'killed',
    isForLogs: true,
    misses: needsFiles,
    begin: (bed) => recover(bed, entries),
  },
])

function openAgain(bed: Bed, entries: number): Step {
  return {
    chunk: 1,
    entriesPerOperation: entries,
    before: () => bed.close(),
    async run() {
      await bed.open()
    },
  }
}

/** Each operation opens a fresh copy of what a killed process left behind. */
function recover(bed: Bed, entries: number): Step {
  const copy = join(bed.directory, 'copy')
  return {
    chunk: 1,
    entriesPerOperation: entries,
    async before() {
      await bed.close()
      rmSync(copy, { recursive: true, force: true })
      cpSync(bed.leftBehind, copy, { recursive: true })
    },
    async run() {
      const { log } = await bed.open(copy)
      if (log?.recovery.cleanClose) throw new Error('the killed process seems to have closed its log')
    },
  }
}
