import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { flushAll } from '../harness/flush-all.js'
import { needsFiles } from './needs.js'
import { ORDINARY, type Bed, type Step, type Workload } from './workload.js'

/** Only the hybrid log is filled up to ten million. From a million on, one open is the warm-up and one is measured. */
const SIZES = [
  ['10k', 10_000, {}],
  ['1m', 1_000_000, { maxOperations: 2 }],
  ['10m', 10_000_000, { maxOperations: 2, rounds: 1, only: ['faster'] }],
] as const

const MIB = 1024 * 1024
/** One open warms up, these are measured, after a clean close and after SIGKILL alike. */
const MEASURED_OPENS = 3
/** Longer than these take: the operations are counted, not the time. */
const UNTIL_ALL_ARE_DONE_MS = 60_000

/** What opening costs: after a clean close, and after the process was killed. */
export const recoveryWorkloads: readonly Workload[] = [
  ...SIZES.flatMap(([label, entries, limits]) => [
    { ...afterClose(label, entries), ...limits },
    { ...afterKill(label, entries), ...limits },
  ]),
  ...scanWorkloads('1m', 1_000_000),
]

/**
 * The same where all entries lie in the one open segment, and were flushed. Sealed segments are opened by their footers; here,
 * after SIGKILL, each entry is read and its checksum verified, and all but the last of them need not be written anew.
 */
export function scanWorkloads(label: string, entries: number, segmentBytes = 512 * MIB): Workload[] {
  const oneSegment = {
    only: ['faster'],
    isQuick: false,
    survives: 'power-loss' as const,
    waitsFor: 'processor' as const,
    leastWarmUp: 0,
    options: { faster: { segmentBytes } },
    maxOperations: MEASURED_OPENS + 1,
    measureMs: UNTIL_ALL_ARE_DONE_MS,
  }
  const clean = afterClose(label, entries)
  const killed = afterKill(label, entries)
  return [
    {
      ...clean,
      ...oneSegment,
      name: `${clean.name}-open-segment`,
      title: `${clean.title}, all in one segment`,
    },
    {
      ...killed,
      ...oneSegment,
      name: `${killed.name}-open-segment`,
      title: `${killed.title}, all in the open segment: each is read and verified`,
      begin(bed) {
        checkOneSegment(bed.leftBehind)
        return recover(bed, entries, flushAll)
      },
    },
  ]
}

function afterClose(label: string, entries: number): Workload {
  return {
    ...ORDINARY,
    name: `open-clean-${label}`,
    title: `open ${label} entries after a clean close`,
    suites: ['durability', 'hybrid'],
    isQuick: entries < 100_000,
    survives: 'process-crash',
    entries,
    isReadOnly: true,
    misses: needsFiles,
    begin: (bed) => openAgain(bed, entries),
  }
}

function afterKill(label: string, entries: number): Workload {
  return {
    ...afterClose(label, entries),
    name: `open-killed-${label}`,
    title: `open ${label} entries after SIGKILL`,
    beginsFrom: 'killed',
    isReadOnly: undefined,
    isForLogs: true,
    begin: (bed) => recover(bed, entries),
  }
}

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

/** Each operation opens a fresh copy of what a killed process left behind; `settle` gets its directory first. */
function recover(bed: Bed, entries: number, settle?: (directory: string) => void): Step {
  const copy = join(bed.directory, 'copy')
  return {
    chunk: 1,
    entriesPerOperation: entries,
    async before() {
      await bed.close()
      rmSync(copy, { recursive: true, force: true })
      cpSync(bed.leftBehind, copy, { recursive: true })
      settle?.(copy)
    },
    async run() {
      const { log } = await bed.open(copy)
      if (log?.recovery.cleanClose) throw new Error('the killed process seems to have closed its log')
    },
  }
}

/** With a second segment the first would be sealed, and opened by its footer. */
function checkOneSegment(directory: string): void {
  const segments = readdirSync(join(directory, 'engine')).filter((name) => name.startsWith('tail-'))
  if (segments.length !== 1) throw new Error(`the entries lie in ${segments.length} segments, not in one`)
}
