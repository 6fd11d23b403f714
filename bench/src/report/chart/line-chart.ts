import { escape } from '../escape.js'
import type { Scale } from './scale.js'
import { subjectClass, subjectName } from './subject-style.js'

/** A subject's line; `x` ascending. */
export interface Line {
  readonly backend: string
  readonly points: readonly Point[]
}

/** A point, with what is shown when it is pointed at. */
export interface Point {
  readonly x: number
  readonly y: number
  readonly hint: string
}

/** What a line chart is drawn from. */
export interface LineChart {
  readonly title: string
  readonly note: string
  readonly x: Scale
  readonly y: Scale
  readonly xLabel: string
  readonly lines: readonly Line[]
}

/** Small enough that its text is readable on a telephone, where the whole drawing is scaled to the screen. */
const SIZE = { width: 480, height: 290 }
const PLOT = { left: 52, right: 468, top: 12, bottom: 240 }

/** Lines over two axes, with a legend below. */
export function lineChart({ title, note, x, y, xLabel, lines }: LineChart): string {
  const across = (value: number): string => (PLOT.left + x.at(value) * (PLOT.right - PLOT.left)).toFixed(1)
  const up = (value: number): string => (PLOT.bottom - y.at(value) * (PLOT.bottom - PLOT.top)).toFixed(1)
  const grid = [
    ...x.ticks.map(
      ({ value, label }) =>
        `<path class="grid" d="M${across(value)} ${PLOT.top}V${PLOT.bottom}"/>` +
        // A label below the very end of the axis would be cut off.
        `<text x="${across(value)}" y="${PLOT.bottom + 17}" text-anchor="${x.at(value) > 0.97 ? 'end' : 'middle'}">${escape(label)}</text>`,
    ),
    ...y.ticks.map(
      ({ value, label }) =>
        `<path class="grid" d="M${PLOT.left} ${up(value)}H${PLOT.right}"/>` +
        `<text x="${PLOT.left - 7}" y="${Number(up(value)) + 4}" text-anchor="end">${escape(label)}</text>`,
    ),
  ]
  const drawn = lines.map(({ backend, points }) => {
    const path = points.map((point) => `${across(point.x)} ${up(point.y)}`).join('L')
    const dots = points.map(
      (point) =>
        `<circle cx="${across(point.x)}" cy="${up(point.y)}" r="3.2"><title>${escape(`${subjectName(backend)}: ${point.hint}`)}</title></circle>`,
    )
    return `<g class="line ${subjectClass(backend)}"><path d="M${path}"/>${dots.join('')}</g>`
  })
  const axis = `<text class="axis" x="${(PLOT.left + PLOT.right) / 2}" y="${SIZE.height - 10}" text-anchor="middle">${escape(xLabel)}</text>`
  const legend = lines.map(
    ({ backend }) => `<li class="${subjectClass(backend)}">${escape(subjectName(backend))}</li>`,
  )
  return `<figure class="card"><figcaption>${escape(title)}<small>${escape(note)}</small></figcaption>
<svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${escape(title)}">${grid.join('')}${drawn.join('')}${axis}</svg>
<ul class="legend">${legend.join('')}</ul></figure>`
}
