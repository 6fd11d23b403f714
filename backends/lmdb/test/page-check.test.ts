import { expect } from 'chai'
import { open } from 'lmdb'
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkLmdbFile } from '../src/page-check.js'

const pageSize = 4096
const child = fileURLToPath(new URL('./open-flipped.js', import.meta.url))

describe('checkLmdbFile', function () {
  this.timeout(60_000) // A process of its own opens hundreds of damaged stores.

  let root: string
  let healthy: string
  let file: string
  let bytes: Buffer
  /** The pages that can be reached, without the metas. */
  let pages: number[]
  /** Whether `file` is a copy of `healthy`. */
  let intact = false

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'page-check-'))
    healthy = join(root, 'healthy.mdb')
    file = join(root, 'damaged.mdb')
    await fill(healthy)
    bytes = readFileSync(healthy)
    // A page that can be reached is missed when its number is wrong.
    pages = range(2, bytes.length / pageSize).filter((page) => flipped(page * pageSize, 0) > 0)
  })

  after(() => rmSync(root, { recursive: true, force: true }))

  it('finds nothing in a healthy store, whatever was done to it', async () => {
    expect(checkLmdbFile(healthy)).to.deep.equal([])
    const churned = join(root, 'churned')
    await fill(churned)
    await fill(churned)
    expect(checkLmdbFile(join(churned, 'data.mdb'))).to.deep.equal([])
    const empty = join(root, 'empty.mdb')
    await open({ path: empty, overlappingSync: false }).close()
    expect(checkLmdbFile(empty)).to.deep.equal([])
  })

  it('finds a file that was cut short', () => {
    intact = false
    const end = (Math.max(...pages) + 1) * pageSize
    for (let length = 0; length < end; length += 331) {
      writeFileSync(file, bytes)
      truncateSync(file, length)
      expect(checkLmdbFile(file), `cut to ${length} bytes`).not.to.be.empty
    }
  })

  it('finds a wrong page number, kind, bound, offset or size', () => {
    for (const page of pages) {
      const start = page * pageSize
      const kind = bytes.readUInt16LE(start + 18)
      const fields = [...range(0, 8), ...range(18, 24)]
      if (kind !== 4) fields.push(...range(24, 24 + bytes.readUInt16LE(start + 20)))
      for (const field of fields) {
        expect(flipped(start + field, field % 8), `page ${page} of kind ${kind}, byte ${field}`).to.be.above(
          0,
        )
      }
    }
  })

  it('survives garbage', () => {
    intact = false
    let state = 1
    const random = (below: number) => (state = (state * 48271) % 2147483647) % below
    for (let round = 0; round < 300; round++) {
      const copy = Buffer.from(bytes)
      for (let change = random(200); change >= 0; change--) {
        const page = [0, 1, ...pages][random(pages.length + 2)]!
        copy[page * pageSize + random(round % 2 ? pageSize : 200)] = random(256)
      }
      writeFileSync(file, copy)
      expect(checkLmdbFile(file)).to.be.an('array')
    }
    writeFileSync(file, Buffer.alloc(100_000, 0xff))
    expect(checkLmdbFile(file)).not.to.be.empty
    expect(checkLmdbFile(join(root, 'nowhere'))).not.to.be.empty
  })

  it('passes no flipped bit that ends the process', () => {
    const passed: [number, number][] = []
    for (const page of [0, 1, ...pages]) {
      const start = page * pageSize
      const isNode = page > 1 && bytes.readUInt16LE(start + 18) !== 4
      const nodes = isNode ? range(0, bytes.readUInt16LE(start + 20) / 2) : []
      const headers = nodes.map((node) => 24 + bytes.readUInt16LE(start + 24 + node * 2))
      const fields = [...range(0, page > 1 ? 24 : 168), ...headers.flatMap((at) => range(at, at + 12))]
      for (const field of fields) {
        const bit = (field * 5 + page) % 8
        if (flipped(start + field, bit) === 0) passed.push([start + field, bit])
      }
    }
    const sample = passed.filter((_, index) => index % Math.ceil(passed.length / 300) === 0)
    expect(sample).to.have.lengthOf.above(50)
    const list = join(root, 'list.json')
    writeFileSync(list, JSON.stringify(sample))
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      [child, healthy, join(root, 'copy'), list],
      {
        encoding: 'utf8',
      },
    )
    const last = sample[stdout.trim().split('\n').length - 1]
    expect({ status, signal }, `at ${last?.join(' bit ')}: ${stderr}`).to.deep.equal({
      status: 0,
      signal: null,
    })
  })

  /** How many findings there are with one bit flipped. */
  function flipped(at: number, bit: number): number {
    // Copied once: rewriting all of it for each of thousands of flips would take most of the time.
    if (!intact) writeFileSync(file, bytes)
    intact = true
    const descriptor = openSync(file, 'r+')
    try {
      writeSync(descriptor, Buffer.of(bytes[at]! ^ (1 << bit)), 0, 1, at)
      return checkLmdbFile(file).length
    } finally {
      writeSync(descriptor, bytes, at, 1, at)
      closeSync(descriptor)
    }
  }
})

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)
}

/** Writes a store with branches, values on pages of their own, a named database, and a list of free pages. */
async function fill(path: string): Promise<void> {
  const options = { encoding: 'binary', keyEncoding: 'binary' } as const
  const env = open<Buffer, Buffer>({ path, overlappingSync: false, ...options })
  const db = env.openDB<Buffer, Buffer>({ name: 'named', ...options })
  for (let round = 0; round < 12; round++) {
    await env.transaction(() => {
      for (let index = 0; index < 25; index++) {
        const size = index === 3 ? 9_000 : 30 + ((round * index) % 200)
        void db.put(key((round * 7919 + index * 31) % 1000), Buffer.alloc(size, 65))
      }
      for (let index = 0; index < 8; index++) void db.remove(key((round * 7919 + index * 57) % 1000))
    })
  }
  await env.close()
}

function key(number: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(number))
  return bytes
}
