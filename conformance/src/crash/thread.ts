// The program of a worker thread that tries to open a log; it says how that ended.
import { parentPort, workerData } from 'node:worker_threads'
import { isPersistentLogError } from '@persistent-log/core'
import { openLogUnderTest, type OpenOrder } from '../running/target.js'
import { reasonOf } from '../running/reason.js'

/** What the thread says. */
export type ThreadReport = { readonly opened: boolean; readonly code?: string; readonly message?: string }

async function attempt(): Promise<ThreadReport> {
  try {
    const log = await openLogUnderTest(workerData as OpenOrder)
    await log.close()
    return { opened: true }
  } catch (error) {
    const message = reasonOf(error)
    return isPersistentLogError(error)
      ? { opened: false, code: error.code, message }
      : { opened: false, message }
  }
}

parentPort?.postMessage(await attempt())
