import { createHash } from 'node:crypto'
import { expect } from 'chai'
import type { PersistentLog } from '../../../src/contract/index.js'
import { openMemory } from '../../support/memory-engine.js'
import { bytes, learn, text } from '../../support/values.js'

const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

async function withSlots(): Promise<PersistentLog> {
  const { log } = await openMemory()
  await learn(log, 0, 1, 2, 3)
  return log
}

describe('the parts of a divisible checkpoint, as arguments', () => {
  it('keep the parts of a list as they were when the call was made, whoever changes or reuses them then', async () => {
    const log = await withSlots()
    const { divisible } = log.checkpoints
    await divisible.store(1, [{ content: bytes('one') }, { content: bytes('two') }])
    const mine = { name: 'a', digest: digestOf(bytes('one')) }
    const stored = divisible.store(2, [mine])
    Object.assign(mine, { name: 'zz', digest: digestOf(bytes('two')) })
    await stored
    expect(await divisible.describe(2)).to.deep.equal([
      { name: 'a', digest: digestOf(bytes('one')), bytes: 3 },
    ])
    await divisible.store(
      3,
      (function* () {
        for (const name of ['one', 'two']) yield Object.assign(mine, { name, digest: digestOf(bytes(name)) })
      })(),
    )
    expect((await divisible.describe(3)).map(({ name }) => name)).to.deep.equal(['one', 'two'])
    let state = ''
    for await (const chunk of log.checkpoints.read(3)) state += text(chunk)
    expect(state).to.equal('onetwo')
  })

  it('take parts whose fields are getters', async () => {
    const log = await withSlots()
    class OwnPart {
      get name(): string {
        return 'mine'
      }

      get content(): Uint8Array {
        return bytes('content')
      }
    }
    await log.checkpoints.divisible.store(1, [new OwnPart()])
    expect((await log.checkpoints.divisible.describe(1)).map(({ name }) => name)).to.deep.equal(['mine'])
  })
})
