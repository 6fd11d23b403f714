import type { CellResult } from '../../harness/measures.js'
import { escape } from '../escape.js'
import { digits, RESULT_COLUMNS, resultRow } from '../format.js'

/** Every figure of the run, a table per workload, folded away; what failed stands open above them. */
export function resultTables(results: readonly CellResult[]): string {
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  const workloads = [...new Set(results.map(({ workload }) => workload))]
  const tables = workloads.flatMap((workload) => {
    const cells = results.filter((cell) => cell.workload === workload && cell.outcome !== 'not applicable')
    return cells.length === 0 ? [] : [table(workload, cells)]
  })
  return [failures(failed), ...tables].join('\n')
}

function failures(failed: readonly CellResult[]): string {
  const lines = failed.map(
    ({ backend, workload, reason = '' }) =>
      `<li><b>FAILED</b> ${escape(`${backend}, ${workload}: ${reason}`)}</li>`,
  )
  return lines.length === 0 ? '' : `<ul class="failures">${lines.join('')}</ul>`
}

function table(workload: string, cells: readonly CellResult[]): string {
  const rows = cells.map((cell) => {
    const [backend = '', , ...figures] = resultRow(cell)
    const columns = [...figures, extras(cell)].map((text) => `<td class="number">${escape(text)}</td>`)
    return `<tr><td>${escape(backend)}</td>${columns.join('')}</tr>`
  })
  const head = [RESULT_COLUMNS[0], ...RESULT_COLUMNS.slice(2), 'more'].map((name) => `<th>${name}</th>`)
  return `<details><summary>${escape(workload)}<small>${escape(cells[0]?.title ?? '')}</small></summary><div class="scroll"><table>
<thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div></details>`
}

/** What is not a time: the stall of the event loop, memory, bytes to the device, figures of the workload's own. */
function extras({ rounds }: CellResult): string {
  const last = rounds.at(-1)
  if (last === undefined) return ''
  const { stallMs, rssBytes, deviceBytesPerUserByte, figures = {} } = last
  return [
    ...(stallMs === undefined ? [] : [`stall ${digits(stallMs)} ms`]),
    `RSS ${digits(rssBytes / 2 ** 20)} MiB`,
    ...(deviceBytesPerUserByte === undefined
      ? []
      : [`${digits(deviceBytesPerUserByte)} B to the device per B`]),
    ...Object.entries(figures).map(([name, value]) => `${name} ${digits(value)}`),
  ].join(', ')
}
