import type { BenchReport } from '../harness/measures.js'
import { escape } from './escape.js'
import { environmentRows } from './environment-rows.js'
import { BAR_SECTIONS, barCharts } from './page/bar-section.js'
import { Cells } from './page/cells.js'
import { headline } from './page/headline.js'
import { lineCharts } from './page/line-section.js'
import { resultTables } from './page/result-tables.js'
import { STYLE } from './page/style.js'
import { targetTables } from './page/target-table.js'

const METHOD = [
  'Each round of each cell runs in a fresh process: open a new directory, fill, warm up, measure. Warm-up goes by time and, where it matters, by a least number of operations: until the compiler of V8 has seen them, and the file behind a region in memory was filled once (not with --quick). Rounds of all cells are interleaved, so that what drifts on the machine hits all of them.',
  'Each value carries its slot. After every round everything is scanned and compared byte by byte, slots are read one by one, and where anything was written all of it once more after closing and opening again. A cell that lost a record, or in which anything threw, has no figure.',
  'Figures are medians over the rounds; the spread is (largest - smallest) / median. A target is judged by the median of the ratios of the rounds, in which its two cells run one after the other; it is uncertain where some rounds meet it and some do not. Ratios hold within one run only: the same machine drifts from minute to minute.',
  'Equal survival is compared with equal survival; where a backend can only do more than was asked, the text says so. K and the flush of the disk were measured in the same rounds.',
  'Raw engines are driven by their own API, with the durable options that the backend over them uses.',
]

/** A page that needs nothing but itself: no script, no font, no network. */
export function htmlReport(report: BenchReport): string {
  const { environment, results, targets } = report
  const cells = new Cells(results)
  const sections = chartSections(cells)
  const links = ['targets', ...sections.map(({ id }) => id), 'results', 'method', 'environment']
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Persistent Log: benchmarks</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body><main>
<h1>Persistent Log: benchmarks</h1>
<p class="lead">${escape(lead(environment))}</p>
${warningOf(environment)}${headline(report, cells)}
<nav>${links.map((id) => `<a href="#${id}">${id.replace('-', ' ')}</a>`).join('')}</nav>
<h2 id="targets">What is promised, and what was measured</h2>
<p>Each figure as a ratio to a reference of the same run. Left of the solid mark is what must be, the dotted mark is the aim. A limit is what callers who share a thread-pool flush and do nothing else reach in this harness.</p>
${targetTables(targets)}
${sections.map(({ html }) => html).join('\n')}
<h2 id="results">All results</h2>
<p>p50 and p99 are those of the worst round. Cells that do not apply to a subject are left out.</p>
${resultTables(results)}
<h2 id="method">Method</h2>
<ul>${METHOD.map((line) => `<li>${escape(line)}</li>`).join('')}</ul>
<h3>To repeat it</h3>
<pre>git checkout ${escape(String(environment['commit'] ?? 'main'))}
npm run bench -- ${escape(String(environment['arguments'] ?? ''))} --html page.html --json run.json
npm run bench -- compare this-run.json run.json</pre>
<h2 id="environment">Environment</h2>
<dl>${environmentRows(environment)
    .map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`)
    .join('')}</dl>
</main></body>
</html>
`
}

function lead({ date = '', cpu = '', fileSystem = '', node = '' }: BenchReport['environment']): string {
  const parts = [String(date).slice(0, 10), String(cpu), String(fileSystem), `Node.js ${node}`]
  return parts.filter((part) => part !== '').join(' · ')
}

function warningOf({ warning }: BenchReport['environment']): string {
  return warning === undefined ? '' : `<p class="failures"><b>WARNING</b> ${escape(String(warning))}</p>\n`
}

function chartSections(cells: Cells): { readonly id: string; readonly html: string }[] {
  const own = BAR_SECTIONS.map((section) => ({
    ...section,
    cards: [...barCharts(section, cells), ...lineCharts(section.id, cells)],
  }))
  const more = OTHER_SECTIONS.map((section) => ({ ...section, cards: lineCharts(section.id, cells) }))
  return [...own, ...more]
    .filter(({ cards }) => cards.length > 0)
    .map(({ id, heading, text, cards }) => ({
      id,
      html: `<h2 id="${id}">${escape(heading)}</h2><p>${escape(text)}</p><div class="grid-of-cards">${cards.join('\n')}</div>`,
    }))
}

const OTHER_SECTIONS = [
  {
    id: 'latency',
    heading: 'Latency',
    text: 'Every operation of a round, from the first to the slowest one in ten thousand: averages hide what callers feel.',
  },
  {
    id: 'growth',
    heading: 'Growth',
    text: 'The same writes into logs that hold more and more.',
  },
] as const
