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
/** The length, if the value begins with its slot as that is stamped into it; entries are fewer than three bytes count. */
const lengthIfStamped = (value: Uint8Array): number =>
  (value[0]! | (value[1]! << 8) | (value[2]! << 16)) === slot ? value.length : -1

parentPort!.on('message', (count: number) => {
  if (count === 0) return void log.close().then(() => parentPort!.close())
  for (let done = 0; done < count; done++) {
    if (reads.read(slot, lengthIfStamped) !== bytes)
      throw new Error(`slot ${slot} was not answered, or by another value`)
    slot = slot + 1 === entries ? 0 : slot + 1
  }
  parentPort!.postMessage('done')
})
parentPort!.postMessage('attached')
