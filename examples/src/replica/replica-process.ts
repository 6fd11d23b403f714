import { performance } from 'node:perf_hooks'
import { openLog, recover, type PersistentLog } from '@persistent-log/core'
import { Acknowledger } from './acknowledger.js'
import { Aggregate } from './aggregate.js'
import { Applier } from './applier.js'
import { readCommands, type Command } from './data-set.js'
import { Pool } from './pool.js'
import { Proposer } from './proposer.js'
import type { FromReplica, OpeningReport, Orders, ShownEntry, ToReplica, WorkReport } from './protocol.js'
import { Random } from './random.js'
import { schedule } from './schedule.js'

/*
 * The replica: a process of its own, so that it can be killed. It opens its log, recovers its state, shows the client
 * everything that it found, and works when the client says so. All that it knows, it knows from its log.
 */

/** Slots that are shown, or read back, in one message. */
const ENTRIES_PER_MESSAGE = 1_000

function send(message: FromReplica): void {
  process.send?.(message)
}

/** Resolves when the client has sent a message of one of these types. */
function orderOf<T extends ToReplica['type']>(...types: T[]): Promise<ToReplica & { type: T }> {
  return new Promise((resolve) => {
    const receive = (message: ToReplica): void => {
      if (!types.includes(message.type as T)) return
      process.off('message', receive)
      resolve(message as ToReplica & { type: T })
    }
    process.on('message', receive)
  })
}

/** Opens the log and brings the state up to date. */
async function open(config: Orders['config'], machine: Aggregate): Promise<[PersistentLog, OpeningReport]> {
  const startedMs = performance.now()
  const log = await openLog(config)
  const { checkpoint, replayed } = await recover(log, machine)
  const tookMs = performance.now() - startedMs
  const checkpoints = (await log.checkpoints.list()).map(({ slot, digest }) => ({ slot, digest }))
  const report: OpeningReport = {
    capabilities: log.capabilities,
    recovery: log.recovery,
    promised: log.promised(),
    compactedBefore: log.bounds().compactedBefore,
    checkpoints,
    restoredFrom: checkpoint?.slot,
    replayed,
    appliedTo: machine.appliedTo(),
    stateDigest: machine.digest(),
    tookMs,
  }
  return [log, report]
}

/** Shows the client every slot that the log holds, accepted ones too. */
async function show(log: PersistentLog): Promise<void> {
  const scan = log.decisions({}, { includeAccepted: true, batchLength: ENTRIES_PER_MESSAGE })
  for (let batch = await scan.nextBatch(); batch; batch = await scan.nextBatch()) {
    const entries = batch.map(({ slot, ballot, value, status }): ShownEntry => {
      return { slot, ballot, value, isDecided: status === 'decided' }
    })
    send({ type: 'entries', entries })
  }
}

/** The commands that are not decided yet. */
async function* undecided(log: PersistentLog, { input, commands }: Orders): AsyncGenerator<Command> {
  const { contiguousTo, nextSlot } = log.bounds()
  const gaps = new Set<number>()
  for await (const { from, to } of log.gaps({ from: contiguousTo, to: nextSlot })) {
    for (let slot = from; slot < to; slot++) gaps.add(slot)
  }
  for await (const command of readCommands(input, commands)) {
    if (command.slot >= nextSlot || gaps.has(command.slot)) yield command
  }
}

/** Drives the rest of the input through the log and executes it. */
async function work(log: PersistentLog, machine: Aggregate, orders: Orders): Promise<WorkReport> {
  const { pace, seed } = orders
  const client = new Acknowledger(send, pace.unnoted)
  process.on('message', (message: ToReplica) => {
    if (message.type === 'noted') client.noted(message.count)
  })
  const proposer = new Proposer(log, client)
  const applier = new Applier(log, machine, client, pace)
  const pool = new Pool(pace.inFlight)
  for await (const block of schedule(undecided(log, orders), seed, pace)) {
    if (block.hasElection) await pool.start(() => proposer.elect(block))
    for (const step of block.steps) {
      await client.room()
      await pool.start(async () => {
        await proposer.decide(step)
        applier.nudge()
      })
    }
  }
  await pool.drain()
  await applier.finish()
  client.flush()
  const { reads, readMs } = await readBack(log, seed)
  return {
    refused: proposer.refused,
    reads,
    readMs,
    appliedTo: machine.appliedTo(),
    stateDigest: machine.digest(),
    summary: machine.describe(),
  }
}

/** Reads every slot that is left by its number, in random order, and lets the client check what came. */
async function readBack(log: PersistentLog, seed: number): Promise<{ reads: number; readMs: number }> {
  const { compactedBefore, contiguousTo } = log.bounds()
  const slots = Array.from({ length: contiguousTo - compactedBefore }, (_, index) => compactedBefore + index)
  new Random(seed).shuffle(slots)
  let readMs = 0
  for (let at = 0; at < slots.length; at += ENTRIES_PER_MESSAGE) {
    const entries: ShownEntry[] = []
    const startedMs = performance.now()
    for (const slot of slots.slice(at, at + ENTRIES_PER_MESSAGE)) {
      const decision = await log.read(slot)
      if (decision === undefined) throw new Error(`slot ${slot} was decided and reads as undecided`)
      entries.push({ slot, ballot: decision.ballot, value: decision.value, isDecided: true })
    }
    readMs += performance.now() - startedMs
    send({ type: 'read-back', entries })
  }
  return { reads: slots.length, readMs }
}

async function live(): Promise<void> {
  const { orders } = await orderOf('start')
  const machine = new Aggregate()
  const [log, report] = await open(orders.config, machine)
  await show(log)
  const next = orderOf('go', 'close')
  send({ type: 'opened', report })
  if ((await next).type === 'go') {
    const done = await work(log, machine, orders)
    const closing = orderOf('close')
    send({ type: 'finished', report: done })
    await closing
  }
  await log.close()
}

// A replica whose client is gone has nothing to live for.
const orphaned = (): void => process.exit(1)
process.on('disconnect', orphaned)
live().then(
  () => {
    process.off('disconnect', orphaned)
    process.send?.({ type: 'closed' } satisfies FromReplica, () => process.disconnect())
  },
  (error: unknown) => {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.send?.({ type: 'failed', message } satisfies FromReplica, () => process.exit(1))
  },
)
