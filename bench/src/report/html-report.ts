import type { BenchReport } from '../harness/measures.js'
import { charts } from './charts.js'
import { escape } from './escape.js'
import { environmentLines, RESULT_COLUMNS, resultRows, TARGET_COLUMNS, targetRow } from './format.js'

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: 1rem 0; font-size: 13px }
td, th { border-bottom: 1px solid #ddd; padding: .25rem .6rem; text-align: left }
figure { margin: 1.5rem 0 } figcaption { font-weight: 600; margin-bottom: .3rem }
svg { width: 100%; font: 12px system-ui, sans-serif } .grid { stroke: #e4e4e4; fill: none }
.bad { color: #b00020; font-weight: 600 } .good { color: #1d7a2d }
`

const METHOD = [
  'Each round of each cell runs in a fresh process: open, fill, warm up, measure. Rounds of all cells are interleaved.',
  'After each round everything is read back and compared byte by byte, and once more after closing and opening again. A cell that lost a record, or in which anything threw, has no figure.',
  'Figures are medians over the rounds; the spread is (largest - smallest) / median. Latencies are those of the worst round.',
  'Ratios hold within one run only: the same machine drifts from minute to minute.',
]

/** A page that needs nothing but itself: no script, no font, no network. */
export function htmlReport({ environment, results, targets }: BenchReport): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Persistent Log: benchmarks</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body>
<h1>Persistent Log: benchmarks</h1>
<ul>${environmentLines(environment)
    .map((line) => `<li>${escape(line)}</li>`)
    .join('')}</ul>
<h2>Targets</h2>
${table(TARGET_COLUMNS, targets.map(targetRow))}
<h2>Charts</h2>
${charts(results).join('\n')}
<h2>All results</h2>
${table(RESULT_COLUMNS, resultRows(results))}
<h2>Method</h2>
<ul>${METHOD.map((line) => `<li>${escape(line)}</li>`).join('')}</ul>
<p>To repeat it: <code>npm run bench -- --html page.html --json run.json</code></p>
</body>
</html>
`
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const cell = (text: string): string => `<td${mark(text)}>${escape(text)}</td>`
  return `<table><thead><tr>${head.map((name) => `<th>${escape(name)}</th>`).join('')}</tr></thead><tbody>
${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}
</tbody></table>`
}

function mark(text: string): string {
  if (text === 'not met' || text.startsWith('FAILED')) return ' class="bad"'
  return text === 'met' ? ' class="good"' : ''
}
