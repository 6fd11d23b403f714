import { isPersistentLogError, type PersistentLog } from '@persistent-log/core/backend'
import { expect } from 'chai'
import { crashStates } from './support/crash-states.js'
import { MemoryDisk, type DiskImage } from './support/memory-disk.js'
import { newDisk, openImage, openOn } from './support/open-log.js'
import { everyNth } from './support/thorough.js'

const FOLDER = 'checkpoints/'
const STATES: Readonly<Record<number, string>> = { 1: 'whole', 2: 'twoshared', 3: 'sharedthree' }
const parts = (...texts: string[]) => texts.map((text) => ({ content: Buffer.from(text) }))

async function stateAt(log: PersistentLog, slot: number): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of log.checkpoints.read(slot)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function writtenDisk(): Promise<MemoryDisk> {
  const disk = await newDisk()
  const log = await openOn(disk, { created: true, cleanClose: true })
  const ballot = { round: 1, nodeId: 1 }
  await log.learnAll([0, 1, 2, 3].map((slot) => ({ slot, ballot, value: Buffer.from('v') })))
  await log.checkpoints.store(1, Buffer.from('whole'))
  await log.checkpoints.divisible.store(2, parts('two', 'shared'))
  await log.checkpoints.divisible.store(3, parts('shared', 'three'))
  await log.close()
  return disk
}

const blobsOf = (image: DiskImage): string[] =>
  [...image.names.keys()].filter((name) => name.startsWith(FOLDER))

async function readable(log: PersistentLog): Promise<number[]> {
  const found: number[] = []
  for (const { slot } of await log.checkpoints.list()) {
    try {
      expect(await stateAt(log, slot)).equal(STATES[slot])
      found.push(slot)
    } catch (error) {
      if (!isPersistentLogError(error, 'PLOG_CORRUPTED')) throw error
    }
  }
  return found
}

describe('faster: divisible checkpoints', () => {
  it('lose what a flipped byte damages, and nothing else', async () => {
    const image = (await writtenDisk()).copy()
    expect(blobsOf(image)).length(6)
    const costs: number[] = []
    for (const name of blobsOf(image)) {
      const length = image.inodes.get(image.names.get(name)!)!.byteLength
      const left = new Set<string>()
      for (let at = 0; at < length; at++) {
        const copy = new MemoryDisk(image).copy()
        copy.inodes.get(copy.names.get(name)!)![at]! ^= 1 << (at % 8)
        const log = await openOn(new MemoryDisk(copy), { cleanClose: true })
        const slots = await readable(log)
        left.add(slots.join())
        expect((await log.checkpoints.latest())?.slot, `${name}:${at}`).equal(slots.at(-1))
        expect((await log.verify()).ok, `${name}:${at}`).equal(false)
        await log.close()
      }
      expect(left.size, `every byte of ${name} costs the same`).equal(1)
      costs.push(3 - [...left][0]!.split(',').length)
    }
    expect(costs.sort(), 'the shared part costs both checkpoints that name it').deep.equal([1, 1, 1, 1, 1, 2])
  })

  it('are there whole or not at all after every power cut, and leave nothing behind', async function () {
    this.timeout(120_000)
    const disk = await writtenDisk()
    const before = disk.operations.length
    const log = await openOn(disk, { cleanClose: true })
    await log.checkpoints.divisible.store(4, parts('shared', 'new', 'newer'))
    const stored = disk.operations.length
    await log.checkpoints.prune({ keep: 1 })
    await log.close()
    let states = 0
    const isChosen = everyNth(6)
    for (const state of crashStates(disk.operations, 1, before)) {
      states++
      if (!isChosen()) continue
      const { after, image } = state
      const kept = new MemoryDisk(new MemoryDisk(image).copy())
      const again = await openOn(kept, {})
      const slots = (await again.checkpoints.list()).map(({ slot }) => slot)
      if (after >= stored) expect(slots.at(-1), `operation ${after}`).equal(4)
      for (const slot of slots) expect(await stateAt(again, slot)).equal(STATES[slot] ?? 'sharednewnewer')
      if (slots.join() === '1,2,3') expect(blobsOf(kept.copy()), `operation ${after}`).length(6)
      if (slots.join() === '4') expect(blobsOf(kept.copy()), `operation ${after}`).length(4)
      await again.close()
    }
    expect(states).greaterThan(50)
    await (await openImage(disk.copy())).close()
  })
})
