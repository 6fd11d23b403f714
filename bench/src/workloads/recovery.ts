import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { needsFiles } from './needs.js'
import { ORDINARY, type Bed, type Step, type Workload } from './workload.js'

/** Only the hybrid log is filled up to ten million. */
const SIZES = [
  ['10k', 10_000, {}],
  ['1m', 1_000_000, { rounds: 3, skipsWarmUp: true }],
  ['10m', 10_000_000, { rounds: 1, skipsWarmUp: true, only: ['faster'] }],
] as const
const FILL_AND_DIE = fileURLToPath(new URL('fill-and-die.js', import.meta.url))

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
async function recover(bed: Bed, entries: number): Promise<Step> {
  const left = join(bed.directory, 'left-behind')
  const copy = join(bed.directory, 'copy')
  const { name } = bed.subject
  const child = spawnSync(process.execPath, [FILL_AND_DIE, name, left, `${entries}`, `${bed.values.bytes}`])
  if (child.signal !== 'SIGKILL')
    throw new Error(`the process to be killed failed: ${child.stderr.toString()}`)
  bed.decided = entries
  return {
    chunk: 1,
    entriesPerOperation: entries,
    async before() {
      await bed.close()
      rmSync(copy, { recursive: true, force: true })
      cpSync(left, copy, { recursive: true })
    },
    async run() {
      const { log } = await bed.open(copy)
      if (log?.recovery.cleanClose) throw new Error('the killed process seems to have closed its log')
    },
  }
}
