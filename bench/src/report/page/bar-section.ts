import { barChart, type Bar } from '../chart/bar-chart.js'
import type { Cells } from './cells.js'

/** Bar charts under a heading. */
export interface BarSection {
  readonly id: string
  readonly heading: string
  readonly text: string
  readonly charts: readonly BarSpec[]
}

/** Workload, title, and what the bars are. */
interface BarSpec {
  readonly workload: string
  readonly title: string
  /** Default: entries per second. */
  readonly as?: 'time' | undefined
  /** A workload of the machine's that is drawn too, as the limit. */
  readonly limit?: string | undefined
}

const spec = (workload: string, title: string, more: Partial<BarSpec> = {}): BarSpec => ({
  workload,
  title,
  ...more,
})

/** Sections of bars; a chart without figures is left out, and so is a section without charts. */
export const BAR_SECTIONS: readonly BarSection[] = [
  {
    id: 'durable',
    heading: 'Durable writes against the limit of the disk',
    text: 'The limit is one pwrite of the same bytes and one fdatasync on a file whose blocks were written before, through the thread pool, as a log flushes that leaves the event loop free; better-sqlite3 flushes on the main thread, which spares that way (flush-1-sync). The logs accept at process-crash and commit at power-loss survival; raw engines write once.',
    charts: [
      spec('closed-loop-1', 'Durable commits, one at a time', { limit: 'flush-1' }),
      spec('group-100', 'Durable commits in groups of 100', { limit: 'flush-100' }),
      spec('learn-100', 'Durable batches of 100 decisions', { limit: 'flush-100' }),
      spec('group-100-value-1KiB', 'Groups of 100, 1 KiB values'),
    ],
  },
  {
    id: 'memory-speed',
    heading: 'Writes at the speed of memory',
    text: 'What survives the crash of the process but not the loss of power, beside the kernel K: one CRC-32 of 100 bytes and one copy of 136. The LMDB and LevelDB backends flush every write, whatever it asks for.',
    charts: [
      spec('accept-sync', 'accept, without a promise', { limit: 'kernel-k' }),
      spec('accept-commit-sync', 'accept + commit, without a promise', { limit: 'kernel-k' }),
      spec('cycle-process-crash', 'accept + commit + read, awaited'),
      spec('commit-1000-in-flight', 'commits, 1,000 in flight'),
      spec('learn-100-process-crash', 'batches of 100 decisions; raw engines do not flush'),
      spec('accept-nothing', 'accept, surviving nothing, awaited'),
    ],
  },
  {
    id: 'reads',
    heading: 'Reads',
    text: 'Hot: in order over 10,000 entries. Random: over a million. Cold: the files were dropped from the page cache and each slot is read once; what a log has mapped since it was opened stays, and the table of all results says how much the device was asked for. Sync returns a copy, borrowed lends a view.',
    charts: [
      spec('read-hot-borrowed', 'Hot, borrowed', { limit: 'kernel-k' }),
      spec('read-hot-sync', 'Hot, sync'),
      spec('read-hot-async', 'Hot, awaited'),
      spec('read-random-1m-borrowed', 'Random over 1 M, borrowed'),
      spec('read-random-1m-sync', 'Random over 1 M, sync'),
      spec('read-cold-sync', 'Cold, 1 KiB values, sync'),
      spec('scan-10k', 'Iteration over 10,000 decisions'),
      spec('scan-uncommitted-1k', 'Scan of 1,000 undecided proposals'),
    ],
  },
  {
    id: 'recovery',
    heading: 'Opening a log',
    text: 'After SIGKILL everything that was acknowledged is found again; after a clean close the log may trust what it noted. The hybrid log reads the footers of its sealed segments and every entry of the open one, which holds all of them where the title says so. Shorter is better.',
    charts: [
      spec('open-clean-10k', '10,000 entries, clean', { as: 'time' }),
      spec('open-killed-10k', '10,000 entries, killed', { as: 'time' }),
      spec('open-clean-1m', '1,000,000 entries, clean', { as: 'time' }),
      spec('open-killed-1m', '1,000,000 entries, killed', { as: 'time' }),
      spec('open-clean-1m-open-segment', '1,000,000 entries in the open segment, clean', { as: 'time' }),
      spec('open-killed-1m-open-segment', '1,000,000 entries in the open segment, killed', { as: 'time' }),
      spec('open-clean-10m', '10,000,000 entries, clean', { as: 'time' }),
      spec('open-killed-10m', '10,000,000 entries, killed', { as: 'time' }),
    ],
  },
  {
    id: 'checkpoints',
    heading: 'Checkpoints and compaction',
    text: 'Shorter is better.',
    charts: [
      spec('checkpoint-write-1MiB', 'Store a checkpoint of 1 MiB', { as: 'time' }),
      spec('checkpoint-read-1MiB', 'Read a checkpoint of 1 MiB', { as: 'time' }),
      spec('compact-100', 'Compact 100 slots', { as: 'time' }),
    ],
  },
]

/** The charts of a section that have figures. */
export function barCharts({ charts }: BarSection, cells: Cells): string[] {
  return charts.flatMap(({ workload, title, as, limit }) => {
    const bars = (name: string): Bar[] => (as === 'time' ? cells.times(name) : cells.rates(name))
    const own = bars(workload)
    if (own.length === 0) return []
    const note = as === 'time' ? 'time, shorter is better' : 'entries per second, longer is better'
    return [barChart(title, note, [...own, ...(limit ? bars(limit) : [])])]
  })
}
