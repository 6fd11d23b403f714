import { mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Capabilities } from '@persistent-log/core'
import { ForkedProcess } from '../crash/forked-process.js'
import { orderFor, type Target } from '../running/target.js'
import type { Bench, StateCommand, StateReport } from './messages.js'

const WORKER = new URL('./worker.js', import.meta.url)

/** A child process that records what a log does to its files, and opens it over the states that a crash may leave. */
export class StateProcess extends ForkedProcess<StateCommand, StateReport> {
  constructor() {
    super(WORKER)
  }
}

/** Why what a log does to its files cannot be followed through `node:fs`; `undefined` when it can. Tried, not asked. */
export async function whyNotFollowed(
  target: Target,
  capabilities: Capabilities,
  directory: string,
): Promise<string | undefined> {
  await mkdir(join(directory, 'place'))
  const place = await realpath(join(directory, 'place'))
  const order = orderFor(target, join(place, 'log'))
  const bench: Bench = { place, order, capabilities, seed: 1, traceFile: join(directory, 'trace') }
  const child = new StateProcess()
  try {
    child.tell({ kind: 'record', bench, plan: { sessions: 1, calls: 4, valueLength: 20 } })
    // A log that fails, hangs or ends its process without any crash is for the cases to tell about.
    const said = await child.expect('recorded', 'failed').catch(() => ({ kind: 'failed' }) as const)
    return said.kind === 'failed' || said.incomplete === undefined
      ? undefined
      : `what it does to its files cannot be followed: ${said.incomplete}`
  } finally {
    await child.kill()
  }
}
