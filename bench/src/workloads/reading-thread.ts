// A worker thread that attaches a log and reads decisions in order, over and over, so many times as it is told.
import { parentPort, workerData } from 'node:worker_threads'
import { attachLog, type ThreadHandle } from '@persistent-log/core'

const { handle, entries, bytes } = workerData as {
  readonly handle: ThreadHandle
  readonly entries: number
  readonly bytes: number
}
const log = await attachLog(handle)
const reads = log.borrowedReads
if (!reads) throw new Error('a thread has no borrowed reads')

let slot = 0
let firstBytes = 0
const touch = (value: Uint8Array): number => {
  firstBytes += value[0]!
  return value.length
}

parentPort!.on('message', (count: number) => {
  if (count === 0) return void log.close().then(() => parentPort!.close())
  for (let done = 0; done < count; done++) {
    if (reads.read(slot, touch) !== bytes) throw new Error('a read was not answered')
    slot = slot + 1 === entries ? 0 : slot + 1
  }
  parentPort!.postMessage(firstBytes)
})
parentPort!.postMessage('attached')
