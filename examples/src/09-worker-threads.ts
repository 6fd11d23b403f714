// A leader's thread accepts and commits; a worker thread applies what is committed to a state machine, from its own reads.
//   npm run build && node examples/dist/src/09-worker-threads.js
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { attachLog, isPersistentLogError, openLog, type ThreadHandle } from '@persistent-log/core'

const COMMANDS = 1_000
const ballot = { round: 1, nodeId: 1 }

async function lead(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'plog-threads-'))
  const log = await openLog({ backend: 'faster', directory })
  // One handle does for many workers: it is copied, what is in it is shared.
  const worker = new Worker(new URL(import.meta.url), { workerData: log.threadHandle?.() })
  const applied = once(worker, 'message')
  const survives = 'process-crash'
  for (let slot = 0; slot < COMMANDS; slot++) {
    await log.accept({ slot, ballot, value: Buffer.from(`add ${slot}`) }, { survives })
    await log.commit({ slot, ballot }, { survives })
  }
  const [sum] = (await applied) as [number]
  console.log(
    `the worker applied ${COMMANDS} commands: the sum is ${sum}, as it must be ${(COMMANDS * (COMMANDS - 1)) / 2}`,
  )
  console.log(
    `the worker's own proposal is decided: ${Buffer.from((await log.read(COMMANDS))?.value ?? []).toString()}`,
  )
  const ended = once(worker, 'exit')
  await log.close()
  await ended
  await rm(directory, { recursive: true })
}

async function follow(handle: ThreadHandle): Promise<void> {
  const log = await attachLog(handle)
  let sum = 0
  for (let slot = 0; slot < COMMANDS; slot++) {
    await log.waitFor(slot)
    // Without a copy, without a lock, and without the leader's thread.
    log.borrowedReads?.read(slot, (command) => (sum += Number(Buffer.from(command).toString().slice(4))))
  }
  // Judged on the leader's thread, by the law of the one log.
  await log.promise({ round: 2, nodeId: 2 })
  const mine = { slot: COMMANDS, ballot: { round: 2, nodeId: 2 } }
  await log.accept({ ...mine, value: Buffer.from('from the worker') })
  await log.commit(mine)
  parentPort?.postMessage(sum)
  await log.waitFor(COMMANDS + 1).catch((error: unknown) => {
    // The leader's log is closed, and with it this one.
    if (!isPersistentLogError(error, 'PLOG_NOT_OPEN')) throw error
  })
}

await (isMainThread ? lead() : follow(workerData as ThreadHandle))
