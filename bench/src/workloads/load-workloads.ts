import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkpointWorkloads } from './checkpoints.js'
import { growthWorkloads } from './growth.js'
import { inFlightWorkloads } from './in-flight.js'
import { machineWorkloads } from './machine.js'
import { mixWorkloads } from './mixes.js'
import { readWorkloads } from './reads.js'
import { recoveryWorkloads } from './recovery.js'
import type { Workload } from './workload.js'
import { writeWorkloads } from './writes.js'

/** All workloads of our own, and those that modules export as `workloads`. */
export async function loadWorkloads(files: readonly string[]): Promise<Workload[]> {
  const workloads = [
    ...machineWorkloads,
    ...writeWorkloads,
    ...inFlightWorkloads,
    ...readWorkloads,
    ...mixWorkloads,
    ...checkpointWorkloads,
    ...recoveryWorkloads,
    ...growthWorkloads,
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
