// A process or a worker thread of its own that opens the directory it is given, tells the outcome, and stays.
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { openDirectory } from '../../../src/backend/directory/index.js'
import { isPersistentLogError } from '../../../src/errors/index.js'

const directory = isMainThread ? String(process.argv[2]) : String(workerData)
const tell = (outcome: unknown): void => {
  if (isMainThread) process.send?.(outcome)
  else parentPort?.postMessage(outcome)
}

try {
  await openDirectory({
    directory,
    backend: 'test',
    formatVersion: 1,
    firstSlot: 0,
    initialise: () => Promise.resolve(),
  })
  tell({ opened: true })
  setInterval(() => undefined, 60_000)
} catch (error) {
  if (!isPersistentLogError(error)) throw error
  tell({ opened: false, code: error.code, context: error.context, message: error.message })
  // A process with a channel to its parent stays alive until the channel is closed.
  if (isMainThread) process.disconnect()
}
