import { expect } from 'chai'
import { CONTROL, NO_ROOM, RING_HEADER_BYTES } from '../src/ring/ring-layout.js'
import { scanMemory } from '../src/ring/ring-scan.js'
import { wordMemory } from '../src/word-memory.js'
import { ConcurrentAppend, type SharedRing } from './support/concurrent-append.js'

const SEED = 99
/** More steps than any writer takes without being hindered. */
const MOST_STEPS = 40

interface World {
  readonly ring: SharedRing
  readonly writers: readonly ConcurrentAppend[]
}

/** A ring that begins `filled` bytes before the end of its lap. */
function newWorld(capacity: number, begin: number, valueBytes: readonly number[]): World {
  const memory = wordMemory(Buffer.alloc(RING_HEADER_BYTES + capacity))
  for (const index of Object.values(CONTROL)) memory.words[index] = begin / 8
  const ring = { memory, capacity, seed: SEED }
  const writers = valueBytes.map(
    (length, slot) =>
      new ConcurrentAppend(ring, {
        slot,
        round: 1,
        nodeId: 1,
        link: 0,
        value: Buffer.alloc(length, slot + 1),
      }),
  )
  return { ring, writers }
}

/** A crash here: everything published is found, nothing that was never written, and nothing twice. */
function checkCrash({ ring, writers }: World, schedule: readonly number[]): void {
  const { entries, isWhole } = scanMemory(ring.memory, ring.capacity, ring.seed)
  const found = entries.map(({ record }) => record.a)
  const published = writers.flatMap((writer, slot) => (writer.isPublished ? [slot] : []))
  const about = `schedule ${schedule.join('')}`
  expect([...found].sort(), about).deep.equal(published)
  expect(isWhole, `${about} is whole`).equal(true)
  for (const { record } of entries) {
    expect(
      record.value.every((byte) => byte === record.a + 1),
      about,
    ).equal(true)
  }
}

/**
 * Every schedule of the writers' steps, by depth first: a world is made anew and led to each state that was not seen yet.
 * Equal memory and equal positions of all writers are one state.
 */
function explore(make: () => World, atEnd: (world: World, schedule: readonly number[]) => void): number {
  const seen = new Set<string>()
  let states = 0
  const visit = (schedule: readonly number[]): void => {
    const world = make()
    const done = new Set<number>()
    for (const who of schedule) if (!world.writers[who]!.step()) done.add(who)
    const key = stateOf(world, done, schedule)
    if (seen.has(key)) return
    seen.add(key)
    states++
    checkCrash(world, schedule)
    expect(schedule.length, 'every schedule ends').below(MOST_STEPS * world.writers.length)
    const left = world.writers.flatMap((_, who) => (done.has(who) ? [] : [who]))
    if (left.length === 0) return atEnd(world, schedule)
    for (const who of left) visit([...schedule, who])
  }
  visit([])
  return states
}

function stateOf({ ring, writers }: World, done: ReadonlySet<number>, schedule: readonly number[]): string {
  const steps = writers.map((writer, who) => [
    writer.position,
    writer.isPublished,
    done.has(who),
    schedule.filter((one) => one === who).length,
  ])
  return (
    JSON.stringify(steps) +
    ring.memory.bytes.toString('latin1', 128, 264) +
    ring.memory.bytes.toString('latin1', RING_HEADER_BYTES)
  )
}

const frontierOf = ({ ring }: World): number => (ring.memory.words[CONTROL.frontier]! >>> 0) * 8
const reservedOf = ({ ring }: World): number => (ring.memory.words[CONTROL.reserved]! >>> 0) * 8

describe('faster: the protocol of the ring', () => {
  it('keeps what two writers published at any crash, in every schedule', function () {
    this.timeout(60_000)
    const states = explore(
      () => newWorld(1024, 0, [10, 100]),
      (world, schedule) => {
        expect(world.writers.every(({ isPublished }) => isPublished)).equal(true)
        expect(frontierOf(world), `schedule ${schedule.join('')}`).equal(reservedOf(world))
      },
    )
    expect(states).greaterThan(80)
  })

  it('does so where one of them has to skip the rest of the lap', function () {
    this.timeout(60_000)
    const states = explore(
      () => newWorld(512, 512 - 80, [1, 40]),
      (world, schedule) => {
        expect(world.writers.every(({ isPublished }) => isPublished)).equal(true)
        expect(frontierOf(world), `schedule ${schedule.join('')}`).equal(reservedOf(world))
      },
    )
    expect(states).greaterThan(80)
  })

  it('does so with three writers', function () {
    this.timeout(120_000)
    const states = explore(
      () => newWorld(512, 512 - 64, [8, 8, 30]),
      (world, schedule) => {
        expect(frontierOf(world), `schedule ${schedule.join('')}`).equal(reservedOf(world))
      },
    )
    expect(states).greaterThan(1_000)
  })

  it('gives the last room to one of two, and the other one does not spin', function () {
    this.timeout(60_000)
    const outcomes = new Set<string>()
    explore(
      () => newWorld(128, 0, [60, 60]),
      (world) => {
        outcomes.add(world.writers.map(({ position }) => (position === NO_ROOM ? '-' : '+')).join(''))
        expect(frontierOf(world)).equal(reservedOf(world))
      },
    )
    expect([...outcomes].sort()).deep.equal(['+-', '-+'])
  })
})
