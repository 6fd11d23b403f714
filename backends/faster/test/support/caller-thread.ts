import { parentPort, workerData } from 'node:worker_threads'
import { attachLog, isPersistentLogError, type AttachedLog, type ThreadHandle } from '@persistent-log/core'
import { valueOf } from './thread-values.js'

/** A call of the attached log, by the name of its method. */
export type Call = readonly [method: string, ...args: unknown[]]

/** What came of it: a value, or the code or class of an error and its message. */
export interface Outcome {
  readonly value?: unknown
  readonly error?: string
  readonly message?: string
}

const log: AttachedLog = await attachLog((workerData as { readonly handle: ThreadHandle }).handle)

async function perform([method, ...args]: Call): Promise<unknown> {
  switch (method) {
    case 'syncRead':
      return log.syncReads!.read(args[0] as number)
    case 'borrow':
      return log.borrowedReads!.read(args[0] as number, (value) => Buffer.from(value).toString())
    case 'borrowSlowly':
      // The owner goes on meanwhile; what was lent must stay what it was.
      return log.borrowedReads!.read(args[0] as number, (value) => {
        const before = Buffer.from(value).toString()
        parentPort!.postMessage('borrowed')
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, args[1] as number)
        return [before, Buffer.from(value).toString()]
      })
    case 'lend': {
      const lent: number[] = []
      const end = log.borrowedReads!.scan(args[0] as object, (slot, value) => {
        if (!valueOf(slot).equals(value)) throw new Error(`slot ${slot} was lent other bytes`)
        lent.push(slot)
        return slot !== args[1]
      })
      return { lent, end }
    }
    case 'scan': {
      const slots: number[] = []
      for await (const { slot } of log.decisions(args[0] as object, args[1] as object)) slots.push(slot)
      return slots
    }
    case 'state':
      return log.state
    case 'capabilities':
      return log.capabilities
    case 'postAndDie':
      void (log.accept(args[0] as never) as Promise<unknown>)
      return process.exit(0)
    default:
      return (log[method as keyof AttachedLog] as (...given: unknown[]) => unknown)(...args)
  }
}

parentPort!.on('message', ({ id, call }: { id: number; call: Call }) => {
  perform(call).then(
    (value) => parentPort!.postMessage({ id, outcome: { value } }),
    (error: Error) => {
      const name = isPersistentLogError(error) ? error.code : error.name
      parentPort!.postMessage({ id, outcome: { error: name, message: error.message } })
    },
  )
})
parentPort!.postMessage('attached')
