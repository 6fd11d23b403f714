import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { MappedSegmentFiles } from '../src/segments/mapped-segment-files.js'
import type { SegmentFile } from '../src/segments/segment-files.js'

const MIB = 1024 * 1024
const LARGE_BYTES = 16 * MIB

describe('faster: files that are mapped', () => {
  let directory: string
  const open: SegmentFile[] = []

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'plog-mapped-'))
  })

  afterEach(async () => {
    for (const file of open.splice(0)) await file.close()
    await rm(directory, { recursive: true })
  })

  /** Of zeros, but for a few bytes. */
  async function fileOf(bytes: number, content: readonly (readonly [offset: number, text: string])[]) {
    const file = await new MappedSegmentFiles(directory).create('file')
    open.push(file)
    for (let at = 0; at < bytes; at += MIB) await file.write(Buffer.alloc(Math.min(MIB, bytes - at)), at)
    for (const [offset, text] of content) await file.write(Buffer.from(text), offset)
    return file
  }

  it('maps a small file for its first look', async () => {
    const file = await fileOf(64 * 1024, [[4096, 'here']])
    expect(file.mapForLooks(file.size, true)?.bytes.toString('latin1', 4096, 4100)).to.equal('here')
  })

  for (const [isNear, looks] of [
    [false, 32],
    [true, LARGE_BYTES / 1024],
  ] as const) {
    it(`maps a large file with look ${looks} when it ${isNear ? 'was' : 'was not'} written just now`, async () => {
      const file = await fileOf(LARGE_BYTES, [[LARGE_BYTES - 8, 'the end.']])
      for (let look = 1; look < looks; look++) expect(file.mapForLooks(file.size, isNear)).to.equal(undefined)
      const map = file.mapForLooks(file.size, isNear)
      expect(map?.bytes.toString('latin1', LARGE_BYTES - 8, LARGE_BYTES)).to.equal('the end.')
      expect(file.mapForLooks(file.size, isNear), 'the same map').to.equal(map)
      expect(file.map(file.size), 'the same map').to.equal(map)
    })
  }

  it('makes no map for a view, and looks into the one that there is', async () => {
    const file = await fileOf(64 * 1024, [[4096, 'before']])
    const copy = file.view(4096, 6)
    await file.write(Buffer.from('behind'), 4096)
    expect(copy.toString(), 'a copy').to.equal('before')
    file.map(file.size)
    const view = file.view(4096, 6)
    await file.write(Buffer.from('later!'), 4096)
    expect(view.toString(), 'a view').to.equal('later!')
  })

  it('maps a part wherever it begins, without the rest', async () => {
    const file = await fileOf(LARGE_BYTES, [[10 * MIB + 8, 'a part..']])
    const part = file.mapPart(10 * MIB + 8, 8)
    expect(part?.bytes.toString('latin1', 0, 8)).to.equal('a part..')
    expect(part?.bytes.byteLength).to.be.lessThan(8192)
    expect(Buffer.from(part!.buffer, part!.start, 8).toString()).to.equal('a part..')
    expect(file.mapForLooks(file.size, true), 'the rest').to.equal(undefined)
  })

  it('refuses what lies beyond the file, mapped or not', async () => {
    const file = await fileOf(4096, [])
    const looks = [() => file.view(4090, 8), () => file.mapPart(4088, 16), () => file.view(-8, 8)]
    for (const look of looks) expect(look).to.throw(RangeError)
    file.map(file.size)
    for (const look of looks) expect(look).to.throw(RangeError)
  })

  it('gives every map back with the file', async () => {
    const file = await fileOf(2 * MIB, [])
    const part = file.mapPart(4096, 4096)
    const whole = file.map(file.size)
    open.length = 0
    await file.close()
    expect(part?.buffer.byteLength).to.equal(0)
    expect(whole?.buffer.byteLength).to.equal(0)
  })
})
