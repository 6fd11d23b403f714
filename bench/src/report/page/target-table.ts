import type { TargetResult } from '../../harness/measures.js'
import { escape } from '../escape.js'
import { targetRow } from '../format.js'

const TABLES = [
  [1, 'The hybrid log'],
  [2, 'What the interface may cost'],
] as const

/** Where the promised figure stands on a meter, and how much of it one power of ten takes, in percent. */
const MUST_AT = 66
const DECADE = 28

/** Each promise with its ratio, and a meter on which left of the mark is kept. */
export function targetTables(targets: readonly TargetResult[]): string {
  return TABLES.map(([table, heading]) => {
    const rows = targets.filter((target) => target.table === table).map(row)
    return `<h3>${heading}</h3><div class="scroll"><table class="targets">
<thead><tr><th>figure</th><th>ratio</th><th class="wide"></th><th>must</th><th>aim</th><th>limit</th><th></th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`
  }).join('\n')
}

function row(target: TargetResult): string {
  const [name = '', reference = '', ratio = '', range = '', must = '', aim = '', limit = ''] =
    targetRow(target)
  const against = reference === '-' ? '' : `<small>against ${escape(reference)}</small>`
  return `<tr><td>${escape(name)}${against}</td><td class="number"><b>${escape(ratio)}</b>${range === '-' ? '' : `<small>${escape(range)}</small>`}</td><td class="wide">${meter(target)}</td><td class="number" data-label="must">${escape(must)}</td><td class="number" data-label="aim">${escape(aim)}</td><td class="number" data-label="limit">${escape(limit)}</td><td>${chip(target)}</td></tr>`
}

function chip({ met, verdict, ratio, aim, must }: TargetResult): string {
  const isBad = met === false || (met === null && verdict !== 'not available yet')
  if (met !== true) return `<span class="chip${isBad ? ' bad' : ''}">${escape(verdict)}</span>`
  const isAimed = ratio !== undefined && aim !== undefined && excess(ratio, aim, isFloor(must, aim)) <= 1
  return `<span class="chip good">${isAimed ? 'aim ' : ''}${escape(verdict)}</span>`
}

/** More is better where the aim lies above what must be. */
const isFloor = (must: number | undefined, aim: number | undefined): boolean =>
  must !== undefined && aim !== undefined && aim > must

/** How many times worse than the limit; 1 is the limit itself. */
const excess = (ratio: number, limit: number, floor: boolean): number =>
  floor ? limit / ratio : ratio / limit

function meter({ ratio, must, aim, met }: TargetResult): string {
  if (ratio === undefined || must === undefined || ratio <= 0) return ''
  const floor = isFloor(must, aim)
  const at = (value: number): number =>
    Math.min(100, Math.max(2, MUST_AT + DECADE * Math.log10(excess(value, must, floor))))
  const aimMark = aim === undefined ? '' : `<s style="left:${at(aim).toFixed(1)}%" title="aim"></s>`
  return `<span class="meter ${met === true ? 'good' : 'bad'}"><i style="width:${at(ratio).toFixed(1)}%"></i>${aimMark}<u style="left:${MUST_AT}%" title="must"></u></span>`
}
