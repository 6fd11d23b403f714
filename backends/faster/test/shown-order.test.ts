import type { PersistentLog } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { setTimeout as after } from 'node:timers/promises'
import { ballot } from './support/closed-log.js'
import type { MemoryDisk } from './support/memory-disk.js'
import { newDisk, openOn, shownBy, valueOf } from './support/open-log.js'

const WEAK = { survives: 'process-crash' } as const
const STRONG = { survives: 'power-loss' } as const
const proposal = (slot: number, round = 1) => ({ slot, ballot: ballot(round), value: valueOf(slot, round) })
const id = (slot: number, round = 1) => ({ slot, ballot: ballot(round) })

/** Microtasks between a call and the next one: up to here one of them joins the flush of the other, or does not. */
const TURNS = [0, 1, 2, 3, 4, 5]

async function microtasks(count: number): Promise<void> {
  for (let done = 0; done < count; done++) await Promise.resolve()
}

describe('faster: the order in which writes are shown', () => {
  let disk: MemoryDisk
  let log: PersistentLog

  beforeEach(async () => void (disk = await newDisk()))
  afterEach(() => log.close())

  /** From here on a flush takes a while. */
  const slowDown = (): void => void (disk.beforeFlush = () => after(8))

  /** Every state that a scan shows until the call is answered, but for slots from 50 on. */
  async function statesUntil(call: Promise<void>): Promise<string[]> {
    let isOver = false
    const answered = call.finally(() => (isOver = true))
    const states = new Set<string>()
    while (!isOver) {
      const shown = [...(await shownBy(log))].filter(([slot]) => slot < 50)
      states.add(shown.map(([slot, state]) => `${slot} ${state}`).join())
      await after(1)
    }
    await answered
    return [...states]
  }

  for (const turns of TURNS) {
    it(`shows a batch whole that joins the next flush, ${turns} microtasks later`, async () => {
      log = await openOn(disk, { created: true, cleanClose: true })
      await log.accept(proposal(1))
      slowDown()
      const first = log.accept(proposal(90))
      await microtasks(turns)
      const batch = log.acceptAll([proposal(1, 7), proposal(3, 7)])
      await after(3)
      const third = log.accept(proposal(91))
      expect(await statesUntil(batch)).to.deep.equal(['1 accepted 1'])
      await Promise.all([first, third])
      expect((await shownBy(log)).get(3)).to.equal('accepted 7')
    })

    it(`shows a weak discard in its order that goes with a flush, ${turns} microtasks later`, async () => {
      log = await openOn(disk, { created: true, cleanClose: true, durability: { accept: 'process-crash' } })
      await log.accept(proposal(40))
      slowDown()
      const strong = log.accept(proposal(90), STRONG)
      await microtasks(turns)
      const discarded = log.discard({ from: 0, to: 50 }, WEAK)
      await after(3)
      const beside = log.accept(proposal(60))
      await strong
      await log.accept(proposal(45))
      await Promise.all([discarded, beside])
      expect((await log.readAccepted(45))?.slot, 'it was accepted behind the discard').to.equal(45)
      expect([...(await shownBy(log)).keys()]).to.deep.equal([45, 60, 90])
    })

    it(`shows no weak commit before the accept that it is of, ${turns} microtasks later`, async () => {
      const durability = { accept: 'process-crash', commit: 'process-crash' } as const
      log = await openOn(disk, { created: true, cleanClose: true, durability })
      await log.accept(proposal(40))
      slowDown()
      const strong = [7, 5].map((slot) => log.accept(proposal(slot), STRONG))
      await microtasks(turns)
      const accepted = log.accept(proposal(5, 2))
      await after(3)
      const beside = log.accept(proposal(7, 2))
      await Promise.all(strong)
      await Promise.all([accepted, log.commit(id(5, 2)), beside])
      expect(log.bounds()).to.include({ committedCount: 1, acceptedCount: 2, missingCount: 38 })
      expect((await shownBy(log)).get(5)).to.equal('decided 2')
    })
  }

  it('shows a weak batch whole beside a strong write', async () => {
    log = await openOn(disk, { created: true, cleanClose: true, durability: { accept: 'process-crash' } })
    await log.accept(proposal(1))
    slowDown()
    const strong = log.accept(proposal(90), STRONG)
    await after(3)
    const batch = log.acceptAll([proposal(1, 7), proposal(3, 7)])
    expect(await statesUntil(batch)).to.deep.equal(['1 accepted 1'])
    await strong
  })

  const truncations: Record<string, () => Promise<unknown>> = {
    'a discard': () => log.discard({ from: 5, to: 7 }),
    'a batch': () => log.acceptAll([proposal(5, 2), proposal(6, 2)]),
  }
  for (const [what, earlier] of Object.entries(truncations)) {
    it(`keeps a strong write behind ${what} that had to wait for a weak one and a flush`, async () => {
      log = await openOn(disk, { created: true, cleanClose: true })
      await log.accept(proposal(5))
      await log.accept(proposal(100), WEAK)
      // What the flush has to move takes longer than the flush that the others share.
      for (let slot = 101; slot < 140; slot++)
        await log.accept({ ...proposal(slot), value: Buffer.alloc(200_000) }, WEAK)
      slowDown()
      disk.beforeWrite = () => after(3)
      const flushed = log.flush()
      const held = [log.accept(proposal(1)), log.accept(proposal(1, 2), WEAK)]
      const first = earlier()
      await Promise.all(held)
      if (what === 'a batch') await log.discard({ from: 5, to: 7 })
      await log.accept(proposal(5, 3))
      await Promise.all([flushed, first])
      expect((await log.readAccepted(5))?.ballot.round).to.equal(3)
      expect(log.bounds().damagedCount).to.equal(0)
    })
  }
})
