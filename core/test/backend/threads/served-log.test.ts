import { expect } from 'chai'
import { attachServed, SharedProgress, ThreadServer, type ServedLog } from '../../../src/backend/index.js'
import type { PersistentLog, Proposal } from '../../../src/contract/index.js'
import { openMemory } from '../../support/memory-engine.js'
import { stillHeld } from '../../support/collected.js'
import { rejection } from '../../support/rejections.js'
import { ballot, bytes, text } from '../../support/values.js'

interface Attached {
  readonly log: PersistentLog
  readonly server: ThreadServer
  readonly attached: ServedLog
}

/** A log and one that is attached to it, both in this thread. */
async function attach(): Promise<Attached> {
  const { log } = await openMemory()
  const server = new ThreadServer(log, new SharedProgress())
  const attached = await attachServed(server.newHandle())
  return { log, server, attached }
}

async function close({ log, server, attached }: Attached): Promise<void> {
  await attached.close()
  await server.close()
  await log.close()
}

/** As a user's class may be: getters, and more than the log asks for, some of it not to be copied. */
class OwnBallot {
  readonly #round = 1
  readonly compare = (): number => this.#round

  get round(): number {
    return this.#round
  }

  get nodeId(): number {
    return 0
  }
}

class OwnProposal {
  readonly #slot: number
  readonly done = (): void => undefined

  constructor(slot: number) {
    this.#slot = slot
  }

  get slot(): number {
    return this.#slot
  }

  get ballot(): OwnBallot {
    return new OwnBallot()
  }

  get value(): Uint8Array {
    return bytes(`v${this.#slot}`)
  }

  get proof(): Uint8Array {
    return bytes(`p${this.#slot}`)
  }
}

class OwnRange {
  readonly why = (): string => 'a new term'

  get from(): number {
    return 6
  }

  get to(): number {
    return 7
  }
}

describe('an attached log', () => {
  it('takes what its owner takes: objects of any class, whatever else is on them', async () => {
    const one = await attach()
    const { log, attached } = one
    await attached.promise(new OwnBallot())
    await attached.accept(new OwnProposal(0))
    await attached.acceptAll([1, 2, 6, 7].map((slot) => new OwnProposal(slot)))
    await attached.commit(new OwnProposal(0))
    await attached.commitAll([1, 2].map((slot) => new OwnProposal(slot)))
    await attached.learn(new OwnProposal(3))
    await attached.learnAll([4, 5].map((slot) => new OwnProposal(slot)))
    await attached.discard(new OwnRange())
    expect(log.promised()).to.deep.equal(ballot(1))
    expect(log.bounds()).to.include({ contiguousTo: 6, acceptedCount: 1 })
    for (let slot = 0; slot < 6; slot++) {
      const decision = await log.read(slot)
      expect(decision && [decision.ballot, text(decision.value), text(decision.proof!)]).to.deep.equal([
        ballot(1),
        `v${slot}`,
        `p${slot}`,
      ])
    }
    await close(one)
  })

  it('is free to be collected once its owner has closed the log', async () => {
    const ended: WeakRef<object>[] = []
    for (let round = 0; round < 5; round++) ended.push(await endedByOwner())
    expect(await stillHeld(ended)).to.equal(0)
  })
})

/** In a function of its own, so that no frame holds it any more. */
async function endedByOwner(): Promise<WeakRef<object>> {
  const { log, server, attached } = await attach()
  const late: Proposal = { slot: 0, ballot: ballot(1), value: bytes('late') }
  await server.close()
  await log.close()
  expect(attached.state).to.equal('closed')
  await rejection('PLOG_NOT_OPEN', () => attached.accept(late))
  return new WeakRef(attached)
}
