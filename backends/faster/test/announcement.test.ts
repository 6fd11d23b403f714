import { expect } from 'chai'
import { MemoryDisk, performOn, type DiskImage, type DiskOperation } from './support/memory-disk.js'
import { newDisk, openEngineOn, openOn, shownBy, valueOf } from './support/open-log.js'

const SMALL = { segmentBytes: 256 * 1024, regionBytes: 64 * 1024 }
/** So long that the region ages while they are written: flushes wait for what moves in the background. */
const VALUE_BYTES = 4_000
const ballot = { round: 1, nodeId: 1 }

/** The disk after a power cut that takes everything that was not flushed. */
function* onlyFlushed(operations: readonly DiskOperation[]): Generator<[after: number, image: DiskImage]> {
  const image: DiskImage = { names: new Map(), inodes: new Map() }
  const waiting = new Map<number, DiskOperation[]>()
  for (const [after, operation] of operations.entries()) {
    if (operation.kind === 'write') {
      waiting.set(operation.inode, [...(waiting.get(operation.inode) ?? []), operation])
      continue
    }
    // The last moment before more is safe.
    if (operation.kind === 'flush') yield [after, image]
    performOn(image, operation)
    if (operation.kind !== 'flush') continue
    for (const write of waiting.get(operation.inode) ?? []) performOn(image, write)
    waiting.delete(operation.inode)
  }
}

function generator(seed: number): (below: number) => number {
  let state = seed * 7919 + 1
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) % below
  }
}

describe('faster: the announcement of weak accepts', () => {
  it('is there at every power cut that takes one, however flushes overtake each other', async function () {
    this.timeout(120_000)
    let taken = 0
    for (let seed = 1; seed <= 40; seed++) {
      const random = generator(seed)
      const disk = await newDisk()
      const engine = await openEngineOn(disk, { created: true, cleanClose: true, options: SMALL })
      const acknowledged: { readonly after: number; readonly slot: number }[] = []
      const flushes: Promise<void>[] = []
      for (let slot = 0; slot < 60;) {
        if (random(3) === 0) flushes.push(engine.write([], 'power-loss'))
        if (engine.atOnce.accept(slot, ballot, valueOf(slot, 1, VALUE_BYTES), undefined)) {
          acknowledged.push({ after: disk.operations.length - 1, slot })
          slot++
        }
        for (let turns = random(8); turns > 0; turns--) await Promise.resolve()
        if (random(8) === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      await Promise.all(flushes)
      for (const [after, image] of onlyFlushed(disk.operations)) {
        if (!image.names.has('tail-0000000001.log')) continue
        const left = new MemoryDisk(new MemoryDisk(image).copy())
        const log = await openOn(left, { sameBoot: false, options: SMALL })
        const shown = await shownBy(log, VALUE_BYTES)
        for (const ack of acknowledged) {
          if (ack.after > after || shown.has(ack.slot)) continue
          taken++
          expect(log.recovery.votesLost, `seed ${seed}, slot ${ack.slot}, operation ${after}`).equal(true)
        }
      }
    }
    expect(taken, 'some were taken').greaterThan(100)
  })
})
