import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { BLOCK_BYTES, firstBlockAt, PLACES_AT } from '../src/compression/compressed-layout.js'
import { CompressedFile, segmentFileIn } from '../src/compression/compressed-file.js'
import { writeCompressed } from '../src/compression/write-compressed.js'
import type { SegmentFile } from '../src/segments/segment-files.js'
import { MemoryDisk } from './support/memory-disk.js'

const always = (): boolean => true

/** Words of which some repeat: it shrinks, and no two blocks are alike. */
function someText(bytes: number): Buffer {
  let text = ''
  for (let word = 0; text.length < bytes; word++) text += `word ${word} of ${word % 7}, `
  return Buffer.from(text).subarray(0, bytes)
}

async function fileWith(disk: MemoryDisk, name: string, bytes: Buffer): Promise<SegmentFile> {
  const file = await disk.folder('').create(name)
  await file.write(bytes, 0)
  return file
}

interface Made {
  readonly disk: MemoryDisk
  readonly plain: Buffer
  readonly file: CompressedFile
}

async function compressed(plain: Buffer): Promise<Made> {
  const disk = new MemoryDisk()
  const from = await fileWith(disk, 'from', plain)
  const to = await disk.folder('').create('to')
  expect(await writeCompressed(from, to, always)).equal(true)
  return { disk, plain, file: await reopened(disk) }
}

async function reopened(disk: MemoryDisk): Promise<CompressedFile> {
  const file = segmentFileIn(await disk.folder('').open('to'), 'to')
  if (!(file instanceof CompressedFile)) throw new Error('it is not compressed')
  return file
}

/** The file with one byte changed. */
async function flipped({ disk }: Made, at: number): Promise<SegmentFile> {
  const copy = new MemoryDisk(disk.copy())
  const file = await copy.folder('').open('to')
  const [byte = 0] = file.read(at, 1)
  file.writeNow(Buffer.of(byte ^ (1 << (at % 8))), at)
  return segmentFileIn(file, 'to')
}

describe('faster: the file of a compressed segment', () => {
  it('reads as what it was made of, from any offset, in any length', async () => {
    for (const bytes of [4096, BLOCK_BYTES, BLOCK_BYTES + 256, BLOCK_BYTES + 257, 5 * BLOCK_BYTES + 999]) {
      const plain = someText(bytes)
      const { file } = await compressed(plain)
      expect(file.size).equal(bytes)
      expect(file.compressedSize).below(bytes / 2)
      for (let time = 0; time < 500; time++) {
        const from = Math.floor(Math.random() * bytes)
        const length = Math.floor(Math.random() * (time % 2 === 0 ? 300 : bytes))
        const to = Math.min(bytes, from + length)
        const expected = plain.subarray(from, to)
        expect(file.read(from, to - from).equals(expected)).equal(true)
        expect(file.view(from, to - from).equals(expected)).equal(true)
        const into = Buffer.alloc(to - from)
        file.readInto(into, from)
        expect(into.equals(expected)).equal(true)
      }
      expect(() => file.read(bytes - 1, 2)).throw(RangeError)
      expect(() => file.view(-1, 2)).throw(RangeError)
    }
  })

  it('keeps a block as it is that would not shrink, and refuses a segment that would hardly', async () => {
    const plain = Buffer.concat([
      someText(256 + BLOCK_BYTES),
      randomBytes(BLOCK_BYTES),
      someText(BLOCK_BYTES),
    ])
    const { file } = await compressed(plain)
    expect(file.read(0, plain.byteLength).equals(plain)).equal(true)

    const disk = new MemoryDisk()
    const to = await disk.folder('').create('to')
    for (const blocks of [2, 100]) {
      const random = await fileWith(disk, 'random', randomBytes(256 + blocks * BLOCK_BYTES))
      const before = disk.bytesRead
      expect(await writeCompressed(random, to, always)).equal(false)
      // It is noticed early.
      expect(disk.bytesRead - before).most(32 * BLOCK_BYTES)
    }
  })

  it('gives up as soon as it is told to', async () => {
    const disk = new MemoryDisk()
    const from = await fileWith(disk, 'from', someText(20 * BLOCK_BYTES))
    const to = await disk.folder('').create('to')
    let asked = 0
    expect(await writeCompressed(from, to, () => ++asked < 3)).equal(false)
    expect(asked).equal(3)
  })

  it('is never written to', async () => {
    const { file } = await compressed(someText(4_000))
    for (const write of [() => file.write(), () => file.truncate(), async () => file.writeNow()]) {
      const error: unknown = await write().catch((reason: unknown) => reason)
      expect(String(error)).contain('never written')
    }
  })

  it('loses one block to a flipped byte at the most, and says what it can do without', async function () {
    this.timeout(120_000)
    const made = await compressed(someText(4 * BLOCK_BYTES + 500))
    const { file, plain } = made
    const blocksAt = firstBlockAt(plain.byteLength)
    for (let at = 0; at < file.compressedSize; at += at < blocksAt + 16 ? 1 : 61) {
      const damaged = await flipped(made, at)
      if (!(damaged instanceof CompressedFile)) throw new Error(`byte ${at}: it is not compressed`)
      const read = Buffer.alloc(plain.byteLength)
      damaged.readInto(read, 0)
      const wrong = new Set<number>()
      for (let byte = 256; byte < read.byteLength; byte++) {
        if (read[byte] !== plain[byte]) wrong.add(Math.floor((byte - 256) / BLOCK_BYTES))
      }
      expect(wrong.size, `byte ${at}`).most(at < blocksAt ? 0 : 1)
      for (const block of wrong) {
        const from = 256 + block * BLOCK_BYTES
        const part = read.subarray(from, from + BLOCK_BYTES)
        expect(
          part.every((byte) => byte === 0xff),
          `byte ${at}`,
        ).equal(true)
      }
      const isInKeptHeader = at >= 256 && at < PLACES_AT
      if (isInKeptHeader) expect(read.subarray(0, 256).equals(plain.subarray(0, 256))).equal(false)
      else if (wrong.size === 0) expect(damaged.damagedSpare(), `byte ${at}`).within(0, at)
      if (at < 256) expect(damaged.damagedHeadAt).equal(at < 128 ? 0 : 128)
    }
  })

  it('is no compressed segment without a head, and reads what is left of one that was cut', async () => {
    const made = await compressed(someText(3 * BLOCK_BYTES))
    const { disk, plain, file } = made
    const size = file.compressedSize
    for (const length of [0, 100, 128, 300, PLACES_AT + 3, firstBlockAt(plain.byteLength) + 5, size - 1]) {
      const copy = new MemoryDisk(disk.copy())
      const cut = await copy.folder('').open('to')
      await cut.truncate(length)
      const left = segmentFileIn(cut, 'to')
      expect(left instanceof CompressedFile).equal(length >= 128)
      if (!(left instanceof CompressedFile)) continue
      const read = Buffer.alloc(plain.byteLength)
      left.readInto(read, 0)
      expect(read.equals(plain), `${length} bytes`).equal(false)
    }
  })
})
