import { readFileSync } from 'node:fs'
import { createHistogram } from 'node:perf_hooks'
import type { Step } from '../workloads/workload.js'
import type { Latency, Round } from './measures.js'
import { StallWatch } from './stall-watch.js'

/** How long a round runs, in ms of timed operations. */
export interface TimeLimits {
  readonly warmUpMs: number
  readonly measureMs: number
  /** Warms up for its time alone, unless a workload measures something else without its operations. */
  readonly isBrief?: boolean | undefined
}

/** What timing needs to know of a workload. */
export interface TimedWork {
  /** Over warm-up and measurement together. */
  readonly maxOperations?: number | undefined
  /** Over the measurement alone, and over the warm-up alone. */
  readonly mostMeasured?: number | undefined
  readonly leastWarmUp?: number | undefined
  readonly warmsUpBriefRuns?: boolean | undefined
  /** Bytes of all values written so far. */
  userBytes(): number
}

const NS_PER_MS = 1e6
const PERCENTILES = [1, 5, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.99]

/** Latencies of a round; those of the warm-up are dropped. */
export class LatencyRecorder {
  readonly #histogram = createHistogram({ figures: 3 })
  #isOwn = true

  /** Called by a workload that knows better than the harness how long its operations took. */
  record(latencyNs: number): void {
    this.#isOwn = false
    this.#add(latencyNs)
  }

  recordChunk(nsPerOperation: number): void {
    if (this.#isOwn) this.#add(nsPerOperation)
  }

  reset(): void {
    this.#histogram.reset()
  }

  result(): Latency {
    const at = (percentile: number): number => this.#histogram.percentile(percentile)
    const curve = PERCENTILES.map((percentile) => [percentile, at(percentile)] as const)
    return { p50: at(50), p99: at(99), max: this.#histogram.max, curve }
  }

  #add(latencyNs: number): void {
    this.#histogram.record(Math.max(1, Math.round(latencyNs)))
  }
}

/** Warms up, then measures: everything of a round but the verification. */
export async function timeStep(
  step: Step,
  { warmUpMs, measureMs, isBrief }: TimeLimits,
  latencies: LatencyRecorder,
  work: TimedWork,
): Promise<Omit<Round, 'verified'>> {
  const most = work.maxOperations ?? Number.MAX_SAFE_INTEGER
  const leastWarmUp = isBrief && work.warmsUpBriefRuns !== true ? 0 : (work.leastWarmUp ?? 0)
  const mostMeasured = work.mostMeasured ?? most
  const mostWarmUp = Math.max(Math.min(Math.floor(most / 5), mostMeasured), leastWarmUp)
  const warmUp = await runFor(step, warmUpMs, mostWarmUp, latencies, leastWarmUp)
  latencies.reset()
  const watch = new StallWatch()
  const deviceBefore = deviceBytes()
  const userBefore = work.userBytes()
  const left = Math.min(most - warmUp.operations, mostMeasured)
  const { operations, ns } = await runFor(step, measureMs, left, latencies, 0, watch)
  const deviceAfter = deviceBytes()
  const userBytes = work.userBytes() - userBefore
  const isCounted = deviceBefore !== undefined && deviceAfter !== undefined && userBytes > 0
  return {
    nsPerOperation: ns / operations,
    operations,
    entriesPerOperation: step.entriesPerOperation ?? 1,
    latency: latencies.result(),
    ...(watch.longestMs === undefined ? {} : { stallMs: watch.longestMs }),
    rssBytes: process.memoryUsage.rss(),
    ...(isCounted ? { deviceBytesPerUserByte: (deviceAfter - deviceBefore) / userBytes } : {}),
  }
}

/**
 * Synchronous operations are short: on a machine that is busy with something else the time may be up before the compiler
 * of V8 has seen them.
 */
const LEAST_SYNC_CHUNKS = 30

/** Runs whole blocks, at least one, and as many as `least` operations take. */
async function runFor(
  step: Step,
  limitMs: number,
  mostOperations: number,
  latencies: LatencyRecorder,
  least = 0,
  watch?: StallWatch,
): Promise<{ readonly operations: number; readonly ns: number }> {
  const { chunk } = step
  const block = step.block ?? chunk
  let operations = 0
  let ns = 0
  let leastOperations = Math.max(block, least)
  if (!step.before) watch?.start()
  do {
    if (step.before) {
      await step.before(block)
      watch?.start()
    }
    for (let inBlock = 0; inBlock < block; inBlock += chunk) {
      const start = process.hrtime.bigint()
      const pending = step.run(chunk)
      // A synchronous operation must not pay for a turn of the event loop.
      if (pending) await pending
      else leastOperations = Math.max(LEAST_SYNC_CHUNKS * chunk, least)
      const took = Number(process.hrtime.bigint() - start)
      ns += took
      latencies.recordChunk(took / chunk)
    }
    operations += block
    if (step.before) watch?.stop()
  } while ((ns < limitMs * NS_PER_MS || operations < leastOperations) && operations + block <= mostOperations)
  if (!step.before) watch?.stop()
  return { operations, ns }
}

/** Bytes that this process caused to be sent to the device; `undefined` where the system does not count them. */
function deviceBytes(): number | undefined {
  try {
    const found = /^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))
    return found ? Number(found[1]) : undefined
  } catch {
    // Only Linux has it, and not in every container: the figure is left out of the round.
    return undefined
  }
}
