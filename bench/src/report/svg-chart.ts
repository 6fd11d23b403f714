import { escape } from './escape.js'
import { digits } from './format.js'

/** A named line of a chart; `x` ascending. */
export interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** A named bar of a chart. */
export interface Bar {
  readonly name: string
  readonly value: number
  /** How it is written beside the bar. */
  readonly label: string
}

const WIDTH = 760
const BAR_HEIGHT = 22
const BAR_START = 190
const BAR_ROOM = 400
const PLOT = { left: 70, right: 560, top: 15, bottom: 250, height: 290 }
const COLOURS = ['#1b6ca8', '#d1495b', '#2e933c', '#edae49', '#6a4c93', '#3d5a80', '#8d6b94', '#444444']

const colour = (index: number): string => COLOURS[index % COLOURS.length]!

/** Horizontal bars from zero, so that lengths compare. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const longest = Math.max(...bars.map(({ value }) => value))
  const rows = bars.map(({ name, value, label }, index) => {
    const y = index * BAR_HEIGHT
    const length = Math.max(1, (value / longest) * BAR_ROOM)
    return (
      `<text x="${BAR_START - 8}" y="${y + 15}" text-anchor="end">${escape(name)}</text>` +
      `<rect x="${BAR_START}" y="${y + 3}" width="${length.toFixed(1)}" height="${BAR_HEIGHT - 6}" fill="${colour(index)}"/>` +
      `<text x="${(BAR_START + length + 6).toFixed(1)}" y="${y + 15}">${escape(label)}</text>`
    )
  })
  return svg(title, bars.length * BAR_HEIGHT, rows.join('\n'))
}

/** Lines over logarithmic axes; figures that are not positive have no place on them. */
export function lineChart(
  title: string,
  labels: { readonly x: string; readonly y: string },
  lines: readonly Line[],
): string {
  const drawn = lines.map((line) => ({ ...line, points: line.points.filter(([x, y]) => x > 0 && y > 0) }))
  const all = drawn.flatMap(({ points }) => points)
  const across = axis(
    all.map(([x]) => x),
    PLOT.left,
    PLOT.right,
  )
  const up = axis(
    all.map(([, y]) => y),
    PLOT.bottom,
    PLOT.top,
  )
  const ticks = [
    ...across.ticks.map(
      (tick) =>
        `<text x="${across.at(tick)}" y="${PLOT.bottom + 16}" text-anchor="middle">${digits(tick)}</text>` +
        `<path d="M${across.at(tick)} ${PLOT.top}V${PLOT.bottom}" class="grid"/>`,
    ),
    ...up.ticks.map(
      (tick) =>
        `<text x="${PLOT.left - 6}" y="${Number(up.at(tick)) + 4}" text-anchor="end">${digits(tick)}</text>` +
        `<path d="M${PLOT.left} ${up.at(tick)}H${PLOT.right}" class="grid"/>`,
    ),
  ]
  const paths = drawn.map(({ name, points }, index) => {
    const path = points.map(([x, y]) => `${across.at(x)} ${up.at(y)}`).join('L')
    return (
      `<path d="M${path}" fill="none" stroke="${colour(index)}" stroke-width="2"/>` +
      `<text x="${PLOT.right + 12}" y="${PLOT.top + 12 + index * 18}" fill="${colour(index)}">${escape(name)}</text>`
    )
  })
  const names =
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 34}" text-anchor="middle">${escape(labels.x)}</text>` +
    `<text x="4" y="${PLOT.top - 3}">${escape(labels.y)}</text>`
  return svg(title, PLOT.height, [...ticks, ...paths, names].join('\n'))
}

/** A logarithmic axis with a tick at each power of ten. */
function axis(
  values: readonly number[],
  from: number,
  to: number,
): { readonly ticks: readonly number[]; at(value: number): string } {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index))
  return {
    ticks,
    at: (value) => (from + ((Math.log10(value) - low) / (high - low)) * (to - from)).toFixed(1),
  }
}

function svg(title: string, height: number, body: string): string {
  return `<figure><figcaption>${escape(title)}</figcaption><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">\n${body}\n</svg></figure>`
}
