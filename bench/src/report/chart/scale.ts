import { digits } from '../format.js'

/** Places values along an axis. */
export interface Scale {
  /** 0 at the beginning of the axis, 1 at its end. */
  at(value: number): number
  readonly ticks: readonly Tick[]
}

/** A labelled place on an axis. */
export interface Tick {
  readonly value: number
  readonly label: string
}

/** Most labels that an axis takes without their touching. */
const MOST_TICKS = 7

/** A logarithmic axis over positive values, with a tick at powers of ten. */
export function logScale(values: readonly number[], label: (value: number) => string = compact): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)) + ROUNDING)
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - ROUNDING))
  const step = Math.ceil((high - low + 1) / MOST_TICKS)
  const ticks: Tick[] = []
  for (let power = low; power <= high; power += step)
    ticks.push({ value: 10 ** power, label: label(10 ** power) })
  return { at: (value) => (Math.log10(value) - low) / (high - low), ticks }
}

/** Powers of ten come back from the logarithm not quite whole. */
const ROUNDING = 1e-9

/** A linear axis from zero. */
export function linearScale(values: readonly number[], label: (value: number) => string = compact): Scale {
  const largest = Math.max(...values)
  const rough = 10 ** Math.floor(Math.log10(largest / 4))
  const step = [1, 2, 5, 10].map((factor) => factor * rough).find((size) => largest / size <= 5) ?? largest
  const top = Math.ceil(largest / step) * step
  const ticks: Tick[] = []
  for (let value = 0; value <= top * (1 + ROUNDING); value += step) ticks.push({ value, label: label(value) })
  return { at: (value) => value / top, ticks }
}

/** Percentiles as people speak of them: each further nine takes the same room. */
export function ninesScale(): Scale {
  const nines = (percent: number): number => -Math.log10(1 - percent / 100)
  const ticks = [50, 90, 99, 99.9, 99.99].map((value) => ({ value, label: `${value} %` }))
  return { at: (percent) => nines(percent) / nines(99.99), ticks }
}

/** A count with k, M, G. */
export function compact(value: number): string {
  const units = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const
  const [size, unit] = units.find(([least]) => value >= least) ?? ([1, ''] as const)
  return `${digits(value / size)}${unit}`
}
