import { parentPort, workerData } from 'node:worker_threads'
import { attachLog, isPersistentLogError, type AttachedLog, type ThreadHandle } from '@persistent-log/core'
import { generator } from './random.js'
import { valueOf } from './thread-values.js'

/** What a reader is to do: read whatever is decided until the log is closed, and hold every byte against what it must be. */
export interface ReaderOrder {
  readonly handle: ThreadHandle
  readonly seed: number
}

/** What it saw. */
export interface ReaderReport {
  readonly reads: number
  readonly borrowed: number
  readonly lent: number
  readonly scanned: number
  readonly waits: number
  readonly compacted: number
  readonly ended: string
}

const { handle, seed } = workerData as ReaderOrder
const counts = { reads: 0, borrowed: 0, lent: 0, scanned: 0, waits: 0, compacted: 0 }

/** Readers differ by their seed. */
const draw = generator(seed | 1)
const random = (below: number): number => draw(Math.max(below, 1))

function check(slot: number, value: Uint8Array): void {
  if (!valueOf(slot).equals(value))
    throw new Error(`slot ${slot} holds ${Buffer.from(value).toString().slice(0, 60)}`)
}

function readSome(log: AttachedLog): void {
  for (let time = 0; time < 200; time++) {
    const { compactedBefore, contiguousTo } = log.bounds()
    if (contiguousTo === compactedBefore) return
    const slot = compactedBefore + random(contiguousTo - compactedBefore)
    try {
      if (time % 2 === 0) {
        const found = log.borrowedReads!.read(slot, (value) => check(slot, value))
        void found
        counts.borrowed++
      } else {
        const decision = log.syncReads!.read(slot)
        if (!decision)
          throw new Error(`slot ${slot} is decided and not found; ${JSON.stringify(log.bounds())}`)
        check(slot, decision.value)
        counts.reads++
      }
    } catch (error) {
      if (!isPersistentLogError(error, 'PLOG_COMPACTED')) throw error
      counts.compacted++
    }
  }
}

function lendSome(log: AttachedLog): void {
  const { contiguousTo, compactedBefore } = log.bounds()
  const from = Math.max(compactedBefore, contiguousTo - 1_000)
  let expected = from
  try {
    const end = log.borrowedReads!.scan({ from, to: contiguousTo }, (slot, value) => {
      if (slot !== expected++) throw new Error(`the scan lent ${slot} instead of ${expected - 1}`)
      check(slot, value)
      counts.lent++
    })
    if (expected !== contiguousTo || end !== contiguousTo)
      throw new Error(`the scan lent up to ${expected} and ended at ${end} instead of ${contiguousTo}`)
  } catch (error) {
    if (!isPersistentLogError(error, 'PLOG_COMPACTED')) throw error
    counts.compacted++
  }
}

async function scanSome(log: AttachedLog): Promise<void> {
  const { contiguousTo } = log.bounds()
  const from = Math.max(log.bounds().compactedBefore, contiguousTo - 1_000)
  let expected = from
  try {
    for await (const { slot, value } of log.decisions({ from, to: contiguousTo })) {
      if (slot !== expected++) throw new Error(`the scan came to ${slot} instead of ${expected - 1}`)
      check(slot, value)
      counts.scanned++
    }
    if (expected !== contiguousTo) throw new Error(`the scan ended at ${expected} instead of ${contiguousTo}`)
  } catch (error) {
    if (!isPersistentLogError(error, 'PLOG_COMPACTED')) throw error
    counts.compacted++
  }
}

async function waitSome(log: AttachedLog): Promise<void> {
  const slot = log.bounds().contiguousTo + random(20)
  counts.waits++
  try {
    // A thread that gets no processor for long may come too late for either.
    await log.waitFor(slot)
    check(slot, (await log.read(slot))!.value)
  } catch (error) {
    if (!isPersistentLogError(error, 'PLOG_COMPACTED')) throw error
  }
}

async function run(): Promise<string> {
  const log = await attachLog(handle)
  parentPort!.postMessage('attached')
  try {
    for (;;) {
      readSome(log)
      lendSome(log)
      await scanSome(log)
      await waitSome(log)
    }
  } catch (error) {
    await log.close()
    if (isPersistentLogError(error, 'PLOG_NOT_OPEN')) return error.code
    throw error
  }
}

const report: ReaderReport = { ended: await run(), ...counts }
parentPort!.postMessage(report)
