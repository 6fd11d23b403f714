import { ReadableStream } from 'node:stream/web'
import { MessageChannel } from 'node:worker_threads'
import { expect } from 'chai'
import { newDisk, openOn } from './support/open-log.js'

const ballot = { round: 1, nodeId: 1 }

/** Ways to pass bytes on that may take the memory behind them along. */
const WAYS: readonly [name: string, pass: (bytes: Uint8Array) => void][] = [
  [
    'to another thread',
    (bytes) => {
      const { port1, port2 } = new MessageChannel()
      try {
        port1.postMessage(bytes, [bytes.buffer as ArrayBuffer])
      } finally {
        port1.close()
        port2.close()
      }
    },
  ],
  [
    'into a stream of bytes',
    (bytes) =>
      void new ReadableStream({
        type: 'bytes',
        start: (controller) => {
          controller.enqueue(bytes)
          controller.close()
        },
      }),
  ],
  [
    'away for good',
    (bytes) => void structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] }),
  ],
]

describe('memory of values that were handed out', () => {
  for (const [name, pass] of WAYS) {
    it(`may go ${name} while the log is written to and read`, async () => {
      const log = await openOn(await newDisk(), { cleanClose: true })
      await log.learnAll([0, 1].map((slot) => ({ slot, ballot, value: Buffer.from(`value ${slot}`) })))
      for await (const { slot, value } of log.decisions()) {
        const accepted = log.accept({ slot: 10 + slot, ballot, value: Buffer.from('a vote') })
        try {
          pass(value)
        } catch (error) {
          // Node.js may refuse it, as it does with a Buffer of its own pool.
          expect((error as Error).name).to.be.oneOf(['DataCloneError', 'TypeError'])
        }
        await accepted
        const stored = await log.readAccepted(10 + slot)
        expect(Buffer.from(stored!.value).toString()).to.equal('a vote')
      }
      const values: string[] = []
      for await (const { value } of log.decisions()) values.push(Buffer.from(value).toString())
      expect(values).to.deep.equal(['value 0', 'value 1'])
      await log.close()
    })
  }
})
