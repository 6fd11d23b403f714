import type { WaitsFor } from './waits-for.js'

/** What one round of a cell measured. */
export interface Round {
  /** Time of all operations over their number, in ns. */
  readonly nsPerOperation: number
  readonly operations: number
  readonly entriesPerOperation: number
  /** Latency of single operations (of chunks, where one is too short to be timed), in ns. */
  readonly latency: Latency
  /** The longest time that the event loop stood still beyond its usual turn, in ms; absent where operations never let it turn. */
  readonly stallMs?: number | undefined
  /** Resident memory at the end, in bytes. */
  readonly rssBytes: number
  /** Bytes that the process caused to be sent to the device, over the bytes of all values written; absent off Linux. */
  readonly deviceBytesPerUserByte?: number | undefined
  /** Figures of the workload's own, by name. */
  readonly figures?: Readonly<Record<string, number>> | undefined
  /** How many slots were read back and compared. */
  readonly verified: number
}

/** A distribution in ns. */
export interface Latency {
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** `[percentile, ns]`, ascending: enough to draw the distribution. */
  readonly curve: readonly (readonly [number, number])[]
}

/** A workload on a subject, over all rounds. */
export interface CellResult {
  readonly backend: string
  readonly workload: string
  readonly title: string
  readonly outcome: 'measured' | 'failed' | 'not applicable'
  /** Why, where it was not measured. */
  readonly reason?: string | undefined
  /** What its time goes by, where the machine drifts; absent in runs of format 1. */
  readonly waitsFor?: WaitsFor | undefined
  readonly rounds: readonly Round[]
  /** Of `nsPerOperation`. */
  readonly medianNs?: number | undefined
  /** (largest - smallest) / median of `nsPerOperation`. */
  readonly spread?: number | undefined
}

/** What a benchmark run writes. */
export interface BenchReport {
  readonly format: 2
  readonly environment: Readonly<Record<string, string | number>>
  readonly results: readonly CellResult[]
  readonly targets: readonly TargetResult[]
}

/** A row of the targets, judged. */
export interface TargetResult {
  readonly table: 1 | 2
  readonly name: string
  readonly reference: string
  /** The median of the ratios of the rounds, each of figures that were measured one after the other. */
  readonly ratio?: number | undefined
  /** The smallest and the largest of them, where there are several. */
  readonly range?: readonly [least: number, most: number] | undefined
  readonly unit: string
  readonly must?: number | undefined
  readonly aim?: number | undefined
  /** How many rounds the ratio rests on: those that subject and reference both have. */
  readonly rounds?: number | undefined
  /** How many more were left out, because they were better than a limit that nothing can pass. */
  readonly roundsNotCredible?: number | undefined
  /** What callers reach who share a thread-pool flush and do nothing else, measured in the same run. */
  readonly limit?: number | undefined
  /** `null`: it cannot be judged, and the verdict says why. */
  readonly met: boolean | null
  /** Some rounds meet what must be, and some do not. */
  readonly isUncertain?: boolean | undefined
  /**
   * For people: `met`, `not met`, each with notes in brackets; `failed`, a cell that it rests on; `not credible`, most rounds
   * were better than a limit that nothing can pass; `not available yet`, not measured.
   */
  readonly verdict: string
}

/** The middle of a list, or the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** (largest - smallest) / median. */
export function spreadOf(numbers: readonly number[]): number {
  return (Math.max(...numbers) - Math.min(...numbers)) / median(numbers)
}
