import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkpointWorkloads } from './checkpoints.js'
import { coldReadWorkloads } from './cold-reads.js'
import { groupWorkloads } from './groups.js'
import { commitBlockWorkloads } from './commit-blocks.js'
import { growthWorkloads } from './growth.js'
import { inFlightWorkloads } from './in-flight.js'
import { machineWorkloads } from './machine.js'
import { memoryWorkloads } from './memory.js'
import { mixWorkloads } from './mixes.js'
import { readWorkloads } from './reads.js'
import { recoveryWorkloads } from './recovery.js'
import { steadyLoadWorkloads } from './steady-load.js'
import { syncWriteWorkloads } from './sync-writes.js'
import { threadWorkloads } from './threads.js'
import type { Workload } from './workload.js'
import { writeWorkloads } from './writes.js'

/** All workloads of our own, and those that modules export as `workloads`. */
export async function loadWorkloads(files: readonly string[]): Promise<Workload[]> {
  const workloads = [
    ...machineWorkloads,
    ...writeWorkloads,
    ...syncWriteWorkloads,
    ...inFlightWorkloads,
    ...commitBlockWorkloads,
    ...groupWorkloads,
    ...readWorkloads,
    ...coldReadWorkloads,
    ...threadWorkloads,
    ...mixWorkloads,
    ...checkpointWorkloads,
    ...recoveryWorkloads,
    ...growthWorkloads,
    ...memoryWorkloads,
    ...steadyLoadWorkloads,
  ]
  for (const file of files) {
    const module = (await import(pathToFileURL(resolve(file)).href)) as {
      readonly workloads?: readonly Workload[]
    }
    if (module.workloads === undefined) throw new Error(`${file} exports no list "workloads"`)
    workloads.push(...module.workloads)
  }
  return workloads
}
