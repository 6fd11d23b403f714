import { writeFile } from 'node:fs/promises'
import { join, dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { serialize } from 'node:v8'
import { expect } from 'chai'
import { DiskImage } from '../disk/disk-image.js'
import { FILE_CALLS, readTracedDisk, type TracedDisk } from '../disk/strace/traced-disk.js'
import { Strace } from '../faults/strace.js'
import { parseTrace } from '../faults/trace.js'
import type { Bench, Recorded, WorkloadPlan } from './messages.js'
import { StateProcess } from './state-process.js'
import type { Trace } from './trace.js'

/** Files that nothing happened to for so long are left alone, in ms. */
const STILL_MS = 100

/** More than any write of an engine: what is not shown is lost to the trace. */
const SHOWN_BYTES = 4 * 1024 * 1024

/** Records a workload from outside, by its system calls: a native engine makes them itself. */
export async function recordTraced(bench: Bench, plan: WorkloadPlan): Promise<Recorded> {
  const file = join(dirname(bench.traceFile), 'strace')
  const markFile = join(dirname(bench.traceFile), 'marks')
  const child = new StateProcess()
  try {
    const tracer = await Strace.attach(child.pid, { calls: FILE_CALLS, shownBytes: SHOWN_BYTES, file })
    child.tell({ kind: 'work', bench, plan, markFile })
    const worked = await child.expect('worked', 'failed')
    if (worked.kind === 'failed') expect.fail(worked.finding)
    // The log is idle, and still open: what it does when it is closed is no part of the trace.
    await untilStill(bench.place)
    await child.kill()
    const left = DiskImage.read(bench.place)
    const { marks, sessions, acknowledged } = worked
    const calls = parseTrace(await tracer.trace())
    const disk = readTracedDisk(calls, { root: bench.place, markFile, marks })
    const { events } = disk
    await writeFile(bench.traceFile, serialize({ events, sessions } satisfies Omit<Trace, 'initial'>))
    const flushes = events.filter(({ kind }) => kind === 'flush').length
    const incomplete = whyIncomplete(disk, left)
    return { events: events.length, flushes, failedFlushes: 0, shortWrites: 0, acknowledged, incomplete }
  } finally {
    await child.kill()
  }
}

/** Until files stay as they are: an idle log may still have something to do, and is not to be killed in the middle of it. */
async function untilStill(place: string): Promise<void> {
  for (let last = DiskImage.read(place); ;) {
    await delay(STILL_MS)
    const next = DiskImage.read(place)
    if (next.differencesFrom(last).length === 0) return
    last = next
  }
}

/** What a log stores into a map is not traced; where that is more than its locks, the trace is worth nothing. */
function whyIncomplete({ image, mapped, unknown }: TracedDisk, left: DiskImage): string | undefined {
  const [call] = unknown
  if (call !== undefined) return `${call} is not understood`
  const apart = left.differencesFrom(image).filter((path) => !mapped.has(path) || !path.includes('lock'))
  return apart.length === 0 ? undefined : `the trace does not tell how ${apart.join(', ')} came about`
}
