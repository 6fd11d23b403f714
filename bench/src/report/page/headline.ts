import type { BenchReport } from '../../harness/measures.js'
import { escape } from '../escape.js'
import { digits, entriesPerSecond, formatNs, formatRate } from '../format.js'
import type { Cells } from './cells.js'

interface Tile {
  readonly value: string
  readonly label: string
  readonly note: string
}

/** The handful of figures that the page is opened for; each beside its limit, and only those that were measured. */
export function headline({ targets }: BenchReport, cells: Cells): string {
  const tiles = [
    time(cells, 'accept-commit-sync', 'accept + commit', 'process-crash survival', 'kernel-k', 'K'),
    time(cells, 'read-hot-borrowed', 'committed read', 'borrowed, hot', 'kernel-k', 'K'),
    time(cells, 'closed-loop-1', 'durable commit', 'one at a time', 'flush-1', 'the flush alone'),
    rate(cells, 'closed-loop-1000', 'durable commits', '1,000 in flight'),
    rate(
      cells,
      'open-killed-1m',
      'entries opened after SIGKILL',
      '1 M of them, sealed segments by their footers',
    ),
    verdicts(targets),
  ].filter((tile) => tile !== undefined)
  const drawn = tiles.map(
    ({ value, label, note }) =>
      `<div class="tile"><b>${escape(value)}</b><span>${escape(label)}</span><small>${escape(note)}</small></div>`,
  )
  return `<div class="tiles">${drawn.join('')}</div>`
}

function time(
  cells: Cells,
  workload: string,
  label: string,
  note: string,
  limit: string,
  limitName: string,
): Tile | undefined {
  const ns = cells.find('faster', workload)?.medianNs
  const least = cells.find('machine', limit)?.medianNs
  if (ns === undefined || least === undefined) return undefined
  return {
    value: formatNs(ns),
    label,
    note: `${note}; ${digits(ns / least)} x ${limitName} (${formatNs(least)})`,
  }
}

function rate(cells: Cells, workload: string, label: string, note: string): Tile | undefined {
  const cell = cells.find('faster', workload)
  const perSecond = cell && entriesPerSecond(cell)
  return perSecond === undefined ? undefined : { value: formatRate(perSecond), label, note }
}

function verdicts(targets: BenchReport['targets']): Tile | undefined {
  const judged = targets.filter(({ met }) => met !== null)
  if (judged.length === 0) return undefined
  const met = judged.filter((target) => target.met === true).length
  const open = targets.length - judged.length
  const note = open > 0 ? `${open} more were not judged in this run` : 'all of them were judged'
  return { value: `${met} of ${judged.length}`, label: 'targets met', note }
}
