import { escape } from '../escape.js'
import { subjectClass, subjectName } from './subject-style.js'

/** A bar of a chart. */
export interface Bar {
  readonly backend: string
  readonly value: number
  /** How the value is written beside the bar. */
  readonly label: string
  /** More about it, shown when pointed at. */
  readonly hint?: string | undefined
}

/** Horizontal bars from zero, so that lengths compare; in HTML, so that text keeps its size on narrow screens. */
export function barChart(title: string, note: string, bars: readonly Bar[]): string {
  const longest = Math.max(...bars.map(({ value }) => value))
  const rows = bars.map(({ backend, value, label, hint = '' }) => {
    const percent = Math.max(0.4, (value / longest) * 100).toFixed(1)
    return (
      `<div class="bar ${subjectClass(backend)}" title="${escape(hint)}"><span class="name">${escape(subjectName(backend))}</span>` +
      `<span class="track"><i style="width:${percent}%"></i></span><span class="value">${escape(label)}</span></div>`
    )
  })
  return `<figure class="card bars"><figcaption>${escape(title)}<small>${escape(note)}</small></figcaption>
${rows.join('\n')}</figure>`
}
