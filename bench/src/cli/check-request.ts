import { closeSync, existsSync, openSync, rmSync } from 'node:fs'
import { MACHINE } from '../machine/machine-subject.js'
import type { PlannedCell } from '../harness/plan.js'
import type { Workload } from '../workloads/workload.js'

/** The subjects that are asked for, each once. Refuses the machine, which is part of every run. */
export function checkBackends(names: readonly string[]): string[] {
  if (names.includes(MACHINE))
    throw new Error(`"${MACHINE}" is part of every run: name the backends and peers beside it`)
  if (names.length === 0) throw new Error('--backends names none')
  return [...new Set(names)]
}

/** Refuses parts of names that no workload has, and a plan of nothing but the machine's own cells that nobody asked for. */
export function checkPlan(
  workloads: readonly Workload[],
  matching: readonly string[],
  cells: readonly PlannedCell[],
): void {
  const names = workloads.map(({ name }) => name)
  const unknown = matching.filter((part) => !names.some((name) => name.includes(part)))
  if (unknown.length > 0)
    throw new Error(`no workload's name holds ${unknown.join(', ')}; there are ${names.join(', ')}`)
  const isAsked = ({ backend, workload }: PlannedCell): boolean =>
    backend !== MACHINE || matching.some((part) => workload.name.includes(part))
  if (!cells.some(isAsked))
    throw new Error('there is nothing to run: no chosen workload is for a chosen subject')
}

/** Refuses, before anything is measured, to write where that is not possible. */
export function checkWritable(files: readonly (string | undefined)[]): void {
  for (const file of files) {
    if (file === undefined) continue
    const isNew = !existsSync(file)
    closeSync(openSync(file, 'a'))
    if (isNew) rmSync(file)
  }
}
