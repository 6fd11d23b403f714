import type { Proposal } from '@persistent-log/core'
import { expect } from 'chai'
import { PendingSlots } from '../src/engine/pending-slots.js'
import { regionAddress } from '../src/regions/address.js'
import { SlotTable } from '../src/regions/slot-table.js'
import { EvictedChunk } from '../src/ring/evicted-chunk.js'
import { MovedEntries } from '../src/ring/moved-entries.js'
import { RingBuffer } from '../src/ring/ring-buffer.js'
import { CONTROL, NO_ROOM, REGION_NAME, RING_HEADER_BYTES } from '../src/ring/ring-layout.js'
import { scanMemory, scanRing, type ScannedRing } from '../src/ring/ring-scan.js'
import { GroupBuilder } from '../src/segments/group-builder.js'
import { entryRecordBytes, RECORD } from '../src/segments/record.js'
import type { Tail } from '../src/segments/tail.js'
import { wordMemory, type WordMemory } from '../src/word-memory.js'
import { MemoryDisk, performOn } from './support/memory-disk.js'
import { generator } from './support/random.js'

const CAPACITY = 64 * 1024

async function newRing(disk = new MemoryDisk()): Promise<{ ring: RingBuffer; disk: MemoryDisk }> {
  return { ring: await RingBuffer.create(disk.folder(''), CAPACITY), disk }
}

const valueOf = (slot: number, length: number): Buffer => Buffer.alloc(length, slot % 251)

function accept(ring: RingBuffer, slot: number, length: number, link = 0): number {
  return ring.append(RECORD.accept, slot, 1, 1, link, 0, valueOf(slot, length), undefined)
}

const batchOf = (first: number, last: number): Proposal[] =>
  Array.from({ length: last - first + 1 }, (_, index) => ({
    slot: first + index,
    ballot: { round: 1, nodeId: 1 },
    value: valueOf(first + index, 100 + 9 * index),
  }))

const copyOf = ({ bytes }: WordMemory): WordMemory => {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength)
  bytes.copy(copy)
  return wordMemory(copy)
}

const scanOf = (ring: RingBuffer, memory = ring.memory): ScannedRing =>
  scanMemory(memory, ring.capacity, ring.seed)

const slotsOf = ({ entries }: ScannedRing): number[] => entries.map(({ record }) => record.a)

describe('faster: ring', () => {
  it('holds what was appended and not reclaimed, in order, over many laps', async () => {
    const { ring } = await newRing()
    const random = generator(7)
    let live: { slot: number; position: number; length: number }[] = []
    for (let slot = 0; slot < 3_000; slot++) {
      const length = random(9) === 0 ? random(12_000) : random(300)
      let position = accept(ring, slot, length)
      while (position === NO_ROOM) {
        const gone = live.splice(0, 1 + random(live.length))
        ring.reclaimTo(live[0]?.position ?? ring.end)
        for (const { slot: old, position: place } of gone) {
          expect(ring.record(place), `slot ${old} is gone`).equal(undefined)
          expect(ring.value(place, old)).equal(undefined)
        }
        position = accept(ring, slot, length)
      }
      expect(position % 8).equal(0)
      expect((position % CAPACITY) + length, 'in one piece').at.most(CAPACITY)
      live.push({ slot, position, length })
      expect(ring.used).at.most(CAPACITY)
      if (slot % 50 > 0) continue
      const scanned = scanOf(ring)
      expect(scanned.isWhole).equal(true)
      expect(slotsOf(scanned)).deep.equal(live.map((one) => one.slot))
      for (const one of live) {
        expect(ring.record(one.position)?.value.equals(valueOf(one.slot, one.length))).equal(true)
        expect(Buffer.from(ring.value(one.position, one.slot)!).equals(valueOf(one.slot, one.length))).equal(
          true,
        )
        expect(ring.value(one.position, one.slot + 1), 'a slot gets no other slot').equal(undefined)
      }
    }
    expect(ring.end).greaterThan(20 * CAPACITY)
    live = []
  })

  it('refuses what does not fit, and takes it again when there is room', async () => {
    const { ring } = await newRing()
    expect(accept(ring, 1, CAPACITY / 4), 'more than a quarter, with its header').equal(NO_ROOM)
    const longest = CAPACITY / 4 - 56
    for (let slot = 0; slot < 4; slot++) expect(accept(ring, slot, longest)).equal((slot * CAPACITY) / 4)
    expect(accept(ring, 4, 0)).equal(NO_ROOM)
    expect(slotsOf(scanOf(ring))).deep.equal([0, 1, 2, 3])
    ring.reclaimTo(CAPACITY / 4)
    expect(accept(ring, 5, longest)).equal(CAPACITY)
    expect(slotsOf(scanOf(ring))).deep.equal([1, 2, 3, 5])
  })

  it('decides by a mark, which no flipped bit makes or takes away', async () => {
    const { ring } = await newRing()
    const position = accept(ring, 5, 40)
    const decidedOf = (memory: WordMemory): boolean | undefined => scanOf(ring, memory).entries[0]?.isDecided
    const markAt = ring.offsetOf(position) + 52
    for (const isDecided of [false, true]) {
      if (isDecided) expect(ring.decide(position, 5)).equal(true)
      expect(decidedOf(ring.memory)).equal(isDecided)
      for (let bit = 0; bit < 32; bit++) {
        const copy = copyOf(ring.memory)
        copy.bytes[markAt + (bit >> 3)]! ^= 1 << (bit & 7)
        expect(decidedOf(copy), `bit ${bit}`).equal(undefined)
        expect(scanOf(ring, copy).isWhole).equal(false)
      }
    }
    expect(ring.decide(position, 6), 'not the slot that is there').equal(false)
    expect(ring.decide(position + 104, 5), 'nothing is there').equal(false)
  })

  it('notices every flipped byte that takes an entry away, and finds all others', async function () {
    this.timeout(60_000)
    const { ring } = await newRing()
    for (let slot = 0; slot < 700; slot++) {
      if (accept(ring, slot, slot % 90) !== NO_ROOM) continue
      ring.reclaimTo(scanOf(ring).entries[300]!.position)
      slot--
    }
    const whole = scanOf(ring)
    expect(whole.isWhole).equal(true)
    expect(ring.end, 'it wraps').greaterThan(CAPACITY)
    const slots = slotsOf(whole)
    const copy = copyOf(ring.memory)
    for (let at = CONTROL.reserved * 4; at < copy.bytes.byteLength; at += at < 300 ? 1 : 37) {
      copy.bytes[at]! ^= 1 << (at % 8)
      const scanned = scanOf(ring, copy)
      const found = slotsOf(scanned)
      const isComplete = slots.every((slot) => found.includes(slot))
      expect(isComplete || !scanned.isWhole, `byte ${at}`).equal(true)
      expect(found.length, `byte ${at} costs one entry`).at.least(slots.length - 1)
      copy.bytes[at]! ^= 1 << (at % 8)
    }
  })

  it('finds either the entry or not, whatever a crash left of its words', async () => {
    const { ring } = await newRing()
    const random = generator(3)
    for (let slot = 0; slot < 400; slot++) {
      const before = copyOf(ring.memory)
      if (accept(ring, slot, 700) === NO_ROOM) {
        ring.reclaimTo(scanOf(ring).entries[20]!.position)
        continue
      }
      const old = slotsOf(scanOf(ring, before))
      const changed: number[] = []
      ring.memory.words.forEach((word, at) => {
        if (word !== before.words[at]) changed.push(at)
      })
      const last = [CONTROL.frontier, CONTROL.reserved] as number[]
      const torn = copyOf(before)
      // Any part of the record, then all of it, then the frontier: this is the order of the stores.
      for (const at of changed)
        if (!last.includes(at) && random(2) === 0) torn.words[at] = ring.memory.words[at]!
      const [a, b] = [scanOf(ring, torn), copyOf(before)]
      expect(a.isWhole).equal(true)
      expect(slotsOf(a)).satisfies(
        (slots: number[]) => slots.length >= old.length && slots.length <= old.length + 1,
      )
      for (const at of changed) if (!last.includes(at)) b.words[at] = ring.memory.words[at]!
      expect(scanOf(ring, b).isWhole).equal(true)
      expect(slotsOf(scanOf(ring, b))).deep.equal([...old, slot])
    }
  })

  it('is reclaimed to the lower of its two words, whichever a crash or a flipped bit changed', async () => {
    const { ring } = await newRing()
    const positions = Array.from({ length: 20 }, (_, slot) => accept(ring, slot, 100))
    ring.reclaimTo(positions[5]!)
    for (const index of [CONTROL.reclaimed, CONTROL.reclaimedAgain]) {
      const copy = copyOf(ring.memory)
      copy.words[index] = positions[12]! / 8
      expect(slotsOf(scanOf(ring, copy))[0]).equal(5)
      copy.words[index] = positions[2]! / 8
      expect(slotsOf(scanOf(ring, copy))[0]).equal(2)
    }
  })

  it('leaves an entry to the tail when the device gives its file no room, for whatever reason', async () => {
    for (const code of ['ENOSPC', 'EIO']) {
      const files = new MemoryDisk().folder('')
      const createRegion = files.createRegion.bind(files)
      let isBroken = false
      files.createRegion = async (name, capacity) => {
        const file = await createRegion(name, capacity)
        const extend = file.extend.bind(file)
        file.extend = (size) => {
          if (isBroken) throw Object.assign(new Error(code), { code, syscall: 'write' })
          extend(size)
        }
        return file
      }
      const ring = await RingBuffer.create(files, 4 * 1024 * 1024)
      expect(accept(ring, 0, 512 * 1024)).equal(0)
      isBroken = true
      const { used } = ring
      for (let slot = 1; slot < 4; slot++) accept(ring, slot, 512 * 1024)
      expect(accept(ring, 4, 512 * 1024)).equal(NO_ROOM)
      expect(ring.used).at.most(used * 4)
      isBroken = false
      expect(accept(ring, 5, 512 * 1024)).not.equal(NO_ROOM)
    }
  })

  it('holds a batch whole or not at all, wherever a crash comes, and whatever part of a write it leaves', async () => {
    const { ring, disk } = await newRing()
    accept(ring, 0, 100)
    const image = disk.copy()
    const seen = disk.operations.length
    ring.acceptAll(batchOf(1, 5), 0)
    accept(ring, 6, 100)
    const found = new Set<string>()
    for (const operation of disk.operations.slice(seen)) {
      if (operation.kind !== 'write') continue
      for (let length = 4; length <= operation.bytes.byteLength; length += 4) {
        const torn = new MemoryDisk(image).copy()
        performOn(torn, { ...operation, bytes: operation.bytes.subarray(0, length) })
        found.add(slotsOf(scanRing(await new MemoryDisk(torn).folder('').open(REGION_NAME))).join())
      }
      performOn(image, operation)
    }
    expect([...found]).deep.equal(['0', '0,1,2,3,4,5', '0,1,2,3,4,5,6'])
  })

  it('is evicted without cutting a batch', async () => {
    const { ring } = await newRing()
    const table = new SlotTable()
    const ends = new Set([0])
    for (let slot = 0; slot < 40; slot += 4) {
      const batch = batchOf(slot, slot + 3)
      let position = ring.acceptAll(batch, 0)
      for (const proposal of batch) {
        table.set(proposal.slot, regionAddress(position, false))
        position += entryRecordBytes(proposal)
      }
      ends.add(position)
    }
    const tail = { active: { writtenSlots: 0 } } as unknown as Tail
    const parts = { ring, table, pending: new PendingSlots(), tail, moved: new MovedEntries() }
    for (let to = 8; to <= ring.end; to += 8) {
      const builder = new GroupBuilder()
      builder.begin({ position: 4096, seed: 1 })
      const chunk = new EvictedChunk(parts, 0, to, true)
      chunk.copyTo(builder, 0)
      expect(chunk.end).least(to)
      expect([...ends]).include(chunk.end)
    }
  })

  it('reads the file of another process', async () => {
    const { ring, disk } = await newRing()
    for (let slot = 0; slot < 10; slot++) accept(ring, slot, 100, slot * 8)
    const scanned = scanRing(await disk.folder('').open(REGION_NAME))
    expect(scanned.isWhole).equal(true)
    expect(scanned.entries.map(({ order }) => order)).deep.equal(
      Array.from({ length: 10 }, (_, slot) => slot * 8),
    )
    const image = disk.copy()
    const bytes = image.inodes.get(image.names.get(REGION_NAME) ?? -1)!
    bytes[16]! ^= 1
    expect(scanRing(await new MemoryDisk(image).folder('').open(REGION_NAME)).isWhole).equal(false)
    expect(bytes.byteLength).at.least(RING_HEADER_BYTES)
  })
})
