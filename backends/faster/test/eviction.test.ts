import { expect } from 'chai'
import type { HybridLogEngine } from '../src/engine/hybrid-log-engine.js'
import { REGION_NAME } from '../src/ring/ring-layout.js'
import { MemoryDisk, performOn, type DiskImage, type DiskOperation } from './support/memory-disk.js'
import { newDisk, openEngineOn, openImage, openOn, shownBy, valueOf } from './support/open-log.js'

const SMALL = { segmentBytes: 256 * 1024, regionBytes: 64 * 1024 }
const WEAK = { options: SMALL, durability: { accept: 'process-crash' } as const }
const VALUE_BYTES = 400
const ballot = { round: 1, nodeId: 1 }

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What `EngineLog` does where a write at once would have to wait. */
async function untilDone(write: () => boolean): Promise<void> {
  for (let tries = 0; !write(); tries++) {
    if (tries === 10_000) throw new Error('it never gets room')
    await turn()
  }
}

async function weakEngine(disk: MemoryDisk): Promise<HybridLogEngine> {
  return openEngineOn(disk, { created: true, cleanClose: true, ...WEAK })
}

/** The disk as it is when nothing of the tail counts but what was flushed, and the memory of the ring is all there. */
function* unflushedTailLost(
  operations: readonly DiskOperation[],
): Generator<[after: number, image: DiskImage]> {
  const image: DiskImage = { names: new Map(), inodes: new Map() }
  const regions = new Set<number>()
  const waiting = new Map<number, DiskOperation[]>()
  for (const [after, operation] of operations.entries()) {
    if (operation.kind === 'create' && operation.name.startsWith(REGION_NAME)) regions.add(operation.inode)
    if (operation.kind === 'write' && !regions.has(operation.inode)) {
      waiting.set(operation.inode, [...(waiting.get(operation.inode) ?? []), operation])
    } else performOn(image, operation)
    if (operation.kind === 'flush') {
      for (const write of waiting.get(operation.inode) ?? []) performOn(image, write)
      waiting.delete(operation.inode)
    }
    yield [after, image]
  }
}

describe('faster: eviction', () => {
  it('takes a hundred times the ring from a pipeline of depth one, while one old proposal waits', async function () {
    this.timeout(60_000)
    const disk = await newDisk()
    const engine = await weakEngine(disk)
    const { atOnce } = engine
    const value = Buffer.alloc(1000, 1)
    await untilDone(() => atOnce.accept(0, ballot, value, undefined))
    const slots = Math.ceil((100 * SMALL.regionBytes) / 1056)
    for (let slot = 1; slot <= slots; slot++) {
      await untilDone(() => atOnce.accept(slot, ballot, value, undefined))
      await untilDone(() => atOnce.commit(slot, ballot))
    }
    for (const slot of [0, 1, slots >> 1, slots])
      expect(engine.borrowValue(slot)).deep.equal(new Uint8Array(value))
    await engine.close()
    const log = await openOn(new MemoryDisk(disk.copy()), { cleanClose: true, options: SMALL })
    expect(log.bounds()).deep.include({ acceptedCount: 1, committedCount: slots })
  })

  it('never reclaims a copy in the ring before the one in the tail is flushed', async function () {
    this.timeout(120_000)
    const disk = await newDisk()
    const { atOnce } = await weakEngine(disk)
    const acknowledged: { readonly after: number; readonly status: string }[] = []
    for (let slot = 0; slot < 500; slot++) {
      await untilDone(() => atOnce.accept(slot, ballot, valueOf(slot, 1, VALUE_BYTES), undefined))
      if (slot % 2 === 0) await untilDone(() => atOnce.commit(slot, ballot))
      acknowledged.push({
        after: disk.operations.length - 1,
        status: slot % 2 === 0 ? 'decided' : 'accepted',
      })
    }
    let checked = 0
    for (const [after, image] of unflushedTailLost(disk.operations)) {
      if (after % 29 !== 0 || !image.names.has(REGION_NAME)) continue
      const log = await openImage(image, { options: SMALL, recovery: 'salvage' })
      const shown = await shownBy(log, VALUE_BYTES)
      for (const [slot, ack] of acknowledged.entries()) {
        if (ack.after > after) break
        expect(shown.get(slot)?.startsWith(ack.status), `slot ${slot} after operation ${after}`).equal(true)
        checked++
      }
    }
    expect(checked).greaterThan(1_000)
  })

  it('keeps every answer while the oldest are on their way to the tail', async function () {
    this.timeout(120_000)
    for (let seed = 1; seed <= 6; seed++) {
      let state = seed * 7919
      const random = (below: number): number => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0
        return (state >>> 8) % below
      }
      const disk = await newDisk()
      const engine = await weakEngine(disk)
      // Long enough that much happens meanwhile.
      disk.beforeWrite = async () => {
        for (let turns = 1 + random(6); turns > 0; turns--) await turn()
      }
      const { atOnce } = engine
      const stored: { round: number; isDecided: boolean }[] = []
      const facts: {
        readonly after: number
        readonly slot: number
        readonly round: number
        readonly isDecided: boolean
      }[] = []
      const underWay = new Set<number>()
      const strong: Promise<void>[] = []
      for (let step = 0; step < 1_200; step++) {
        // Mostly new slots, but old ones too, some of them just being moved.
        const slot = random(4) === 0 ? random(stored.length + 1) : stored.length
        const held = stored[slot]
        if (held?.isDecided) continue
        const isCommit = held !== undefined && random(2) === 0
        const round = isCommit ? held.round : (held?.round ?? 0) + 1
        const about = { round, nodeId: 1 }
        const value = valueOf(slot, round, VALUE_BYTES)
        const note = (): void => {
          stored[slot] = { round, isDecided: isCommit }
          facts.push({ after: disk.operations.length - 1, slot, round, isDecided: isCommit })
        }
        // What the log above the engine sees to: nothing at once while a write of the slot is under way.
        if (underWay.has(slot)) continue
        if (held !== undefined && random(8) === 0) {
          underWay.add(slot)
          const entry = { slot, ballot: about, value, proof: undefined }
          const effect = isCommit
            ? ({ kind: 'decide', ...entry, matchesAccepted: true } as const)
            : ({ kind: 'accept', ...entry } as const)
          const written = engine.write([effect], random(2) === 0 ? 'power-loss' : 'process-crash')
          strong.push(
            written.then(() => {
              note()
              underWay.delete(slot)
            }),
          )
          continue
        }
        const isStored = isCommit ? atOnce.commit(slot, about) : atOnce.accept(slot, about, value, undefined)
        if (isStored) note()
        if (!isStored || random(10) === 0) await turn()
      }
      await Promise.all(strong)
      for (const [slot, { round }] of stored.entries()) {
        const read = engine.read(slot)
        expect(read !== 'damaged' && Buffer.from(read.value).equals(valueOf(slot, round, VALUE_BYTES))).equal(
          true,
        )
      }
      expect(engine.counters().flushes, 'something was evicted').greaterThan(5)
      const image: DiskImage = { names: new Map(), inodes: new Map() }
      for (const [after, operation] of disk.operations.entries()) {
        performOn(image, operation)
        if (after < 3 || after % 211 !== 0) continue
        const log = await openImage(image, { options: SMALL })
        expect(log.recovery.votesLost).equal(false)
        const shown = await shownBy(log, VALUE_BYTES)
        for (const fact of facts) {
          if (fact.after > after) break
          const [status, shownRound] = shown.get(fact.slot)?.split(' ') ?? []
          const isThere = fact.isDecided
            ? status === 'decided' && Number(shownRound) === fact.round
            : Number(shownRound) >= fact.round
          expect(isThere, `seed ${seed}, ${JSON.stringify(fact)} is ${status} ${shownRound}`).equal(true)
        }
      }
      await engine.close()
      const closed = await openOn(new MemoryDisk(disk.copy()), { cleanClose: true, options: SMALL })
      const shown = await shownBy(closed, VALUE_BYTES)
      for (const [slot, { round, isDecided }] of stored.entries()) {
        expect(shown.get(slot)).equal(`${isDecided ? 'decided' : 'accepted'} ${round}`)
      }
    }
  })

  it('decides at once what is in the tail, and remembers it', async () => {
    const disk = await newDisk()
    const engine = await weakEngine(disk)
    const effect = { kind: 'accept', slot: 3, ballot, value: valueOf(3, 1), proof: undefined } as const
    await engine.write([effect], 'power-loss')
    const before = disk.operations.length
    expect(engine.atOnce.commit(3, ballot)).equal(true)
    const touched = disk.operations.slice(before).filter(({ kind }) => kind !== 'write')
    expect(touched, 'only the region').deep.equal([])
    const crashed = await openImage(disk.copy(), { options: SMALL })
    expect([...(await shownBy(crashed))]).deep.equal([[3, 'decided 1']])
    await engine.close()
    const closed = await openOn(new MemoryDisk(disk.copy()), { cleanClose: true, options: SMALL })
    expect([...(await shownBy(closed))]).deep.equal([[3, 'decided 1']])
  })

  it('accepts at once only what was announced, and tells so to a later call', async () => {
    const disk = await newDisk()
    const engine = await openEngineOn(disk, { created: true, cleanClose: true, options: SMALL })
    const { atOnce } = engine
    expect(atOnce.accept(0, ballot, valueOf(0, 1), undefined)).equal(false)
    await untilDone(() => atOnce.accept(0, ballot, valueOf(0, 1), undefined))
    await engine.write([], 'power-loss')
    expect(atOnce.accept(1, ballot, valueOf(1, 1), undefined), 'a flush ends the announcement').equal(false)
    const cut = await openImage(disk.copy(), { options: SMALL, sameBoot: false })
    expect(cut.recovery.votesLost).equal(false)
    await engine.close()
  })

  it('stays announced where accepts below power-loss are the normal ones', async () => {
    const disk = await newDisk()
    const engine = await weakEngine(disk)
    expect(engine.atOnce.accept(0, ballot, valueOf(0, 1), undefined)).equal(true)
    await engine.write([], 'power-loss')
    expect(engine.atOnce.accept(1, ballot, valueOf(1, 1), undefined)).equal(true)
    const cut = await openImage(disk.copy(), { options: SMALL, sameBoot: false })
    expect(cut.recovery.votesLost).equal(true)
    await engine.close()
    const closed = await openOn(new MemoryDisk(disk.copy()), {
      cleanClose: true,
      sameBoot: false,
      options: SMALL,
    })
    expect(closed.recovery.votesLost).equal(false)
  })

  it('lets a flush have its turn while the ring never gets below its mark', async () => {
    const disk = await newDisk()
    const engine = await weakEngine(disk)
    const { atOnce } = engine
    const MANY = 5_000
    let slot = 0
    const write = (count: number): void => {
      for (const end = slot + count; slot < Math.min(end, MANY); slot++) {
        if (!atOnce.accept(slot, ballot, valueOf(slot, 1, VALUE_BYTES), undefined)) return
      }
    }
    // Just over the mark; then some more with every flush.
    write(SMALL.regionBytes / 2 / VALUE_BYTES)
    disk.beforeOperation = ({ kind }) => {
      if (kind === 'flush') write(20)
    }
    await engine.write([], 'power-loss')
    expect(slot, 'when the writer had finished').lessThan(MANY)
    disk.beforeOperation = () => undefined
    await engine.close()
  })
})
