import type { PersistentLog } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { crashStates } from './support/crash-states.js'
import { MemoryDisk, performOn, type DiskImage } from './support/memory-disk.js'
import { newDisk, openImage, openOn, shownBy, valueOf } from './support/open-log.js'

const SMALL = { segmentBytes: 8192, regionBytes: 64 * 1024 }
const SLOTS = 6
const RUNS = 12
const STEPS = 60

interface Fact {
  readonly after: number
  readonly slot: number
  readonly round: number
  readonly status: 'accepted' | 'decided'
  readonly isWeak: boolean
}

/** mulberry32: the same history in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) % below
  }
}

/** Calls of both survivals on few slots, most of them made while others are under way. */
async function history(disk: MemoryDisk, seed: number): Promise<Fact[]> {
  const random = generator(seed)
  const facts: Fact[] = []
  const log = await openOn(disk, { created: true, cleanClose: true, options: SMALL })
  const running: Promise<unknown>[] = []
  let base = 0
  const call = (body: Promise<unknown>, fact: Omit<Fact, 'after'> | undefined): void => {
    const noted = body.then(
      () => fact && facts.push({ ...fact, after: disk.operations.length - 1 }),
      () => undefined, // Refused by the law: nothing was acknowledged.
    )
    running.push(noted)
  }
  for (let step = 0; step < STEPS; step++) {
    const slot = base + random(SLOTS)
    const round = 1 + random(4)
    const isWeak = random(2) === 0
    const survives = isWeak ? ('process-crash' as const) : undefined
    const ballot = { round, nodeId: 1 }
    const what = random(12)
    if (what < 6) {
      const made = log.accept({ slot, ballot, value: valueOf(slot, round) }, { survives })
      call(made, { slot, round, status: 'accepted', isWeak })
    } else if (what < 9) {
      call(log.commit({ slot, ballot }, { survives }), { slot, round, status: 'decided', isWeak })
    } else if (what === 9) call(log.flush(), undefined)
    else if (what === 10) call(log.discard({ from: base + SLOTS + 5 }), undefined)
    else {
      base += 2
      call(log.compact({ before: base, acrossGaps: true, withoutCheckpoint: true }), undefined)
    }
    if (random(3) === 0) await running.at(-1)
  }
  await Promise.all(running)
  return facts
}

async function check(
  log: PersistentLog,
  facts: readonly Fact[],
  after: number,
  isPowerCut: boolean,
): Promise<void> {
  const shown = await shownBy(log)
  const { compactedBefore } = log.bounds()
  for (const fact of facts) {
    if (fact.after > after || fact.slot < compactedBefore) continue
    // A weak decision, and a weak accept that is told to be lost, may go with the power.
    if (isPowerCut && fact.isWeak && (fact.status === 'decided' || log.status.votesLost)) continue
    const [status = 'nothing', round = '-1'] = shown.get(fact.slot)?.split(' ') ?? []
    const isThere = status === 'decided' || (fact.status === 'accepted' && Number(round) >= fact.round)
    expect(isThere, `${JSON.stringify(fact)} is ${status} ${round}`).equal(true)
  }
}

describe('faster: calls of mixed survival', () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    it(`keeps what each of them was promised, whatever they overtook (seed ${seed})`, async function () {
      this.timeout(30_000)
      const disk = await newDisk()
      const facts = await history(disk, seed)
      expect(facts.length).greaterThan(5)
      const image: DiskImage = { names: new Map(), inodes: new Map() }
      for (const [after, operation] of disk.operations.entries()) {
        performOn(image, operation)
        if (after < 3 || after % 3 !== 0) continue
        const log = await openImage(image, { sameBoot: true, options: SMALL })
        await check(log, facts, after, false)
      }
      let states = 0
      for (const state of crashStates(disk.operations, seed, 3)) {
        if (states++ % 23 !== 0) continue
        const log = await openOn(new MemoryDisk(state.image), { sameBoot: false, options: SMALL })
        await check(log, facts, state.after, true)
      }
    })
  }
})
