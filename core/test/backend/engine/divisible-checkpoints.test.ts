import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { Ledger } from '../../../src/backend/index.js'
import {
  diffParts,
  PART_LIMITS,
  type ExportedPart,
  type PartSource,
  type PersistentLog,
} from '../../../src/contract/index.js'
import { recover } from '../../../src/recovery/index.js'
import { openMemory, type MemoryEngine } from '../../support/memory-engine.js'
import { rejection } from '../../support/rejections.js'
import { bytes, learn, text } from '../../support/values.js'

const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')
const parts = (...texts: string[]): PartSource[] => texts.map((one) => ({ content: bytes(one) }))

async function contentOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all).toString()
}

/** Bytes in the blobs of an engine. */
const stored = ({ content }: MemoryEngine): number =>
  [...content.values()].flat().reduce((sum, chunk) => sum + chunk.byteLength, 0)

async function withSlots(count = 8): Promise<{ engine: MemoryEngine; log: PersistentLog }> {
  const opened = await openMemory()
  await learn(opened.log, ...Array.from({ length: count }, (_, slot) => slot))
  return opened
}

/** The blob that holds a content. */
function blobOf(engine: MemoryEngine, content: string): string {
  const found = [...engine.content].find(([, chunks]) => Buffer.concat(chunks).toString() === content)
  return found?.[0] ?? expect.fail(`no blob holds "${content}"`)
}

describe('divisible checkpoints over an engine', () => {
  it('write one part and the descriptor when 1 of 1,000 parts changes', async () => {
    const { engine, log } = await withSlots()
    const PART_BYTES = 4_096
    const state = Array.from({ length: 1_000 }, (_, at) => ({
      name: `page-${at}`,
      content: new Uint8Array(PART_BYTES).fill(at).map((byte, i) => (i < 4 ? at >> (8 * i) : byte)),
    }))
    await log.checkpoints.divisible.store(1, state)
    const first = { bytes: stored(engine), blobs: engine.content.size }
    expect(first.blobs).to.equal(1_001)
    state[500] = { name: 'page-500', content: new Uint8Array(PART_BYTES).fill(255) }
    await log.checkpoints.divisible.store(2, state)
    expect(engine.content.size - first.blobs, 'a part and a descriptor').to.equal(2)
    const descriptorBytes = first.bytes - 1_000 * PART_BYTES
    // The name of the new blob may be a digit longer.
    expect(stored(engine) - first.bytes - PART_BYTES).to.be.within(descriptorBytes, descriptorBytes + 1)
    expect(descriptorBytes / 1_000, 'bytes a line').to.be.below(64)
    const [from, to] = [
      await log.checkpoints.divisible.describe(1),
      await log.checkpoints.divisible.describe(2),
    ]
    const { added, removed, kept } = diffParts(from, to)
    expect([added.map(({ name }) => name), removed.length, kept.length]).to.deep.equal([['page-500'], 1, 999])
  })

  it('keep a part as long as a checkpoint names it, and no longer', async () => {
    const { engine, log } = await withSlots()
    const { divisible } = log.checkpoints
    await divisible.store(1, parts('a', 'b', 'a'))
    await divisible.store(2, parts('b', 'c'))
    await log.checkpoints.prune({ keep: 1 })
    expect(engine.content.size).to.equal(3)
    expect(await contentOf(log.checkpoints.read(2))).to.equal('bc')
    await rejection('PLOG_PART_MISSING', () => divisible.store(3, [{ digest: digestOf(bytes('a')) }]))
    await divisible.store(3, [{ digest: digestOf(bytes('c')) }, { content: bytes('d') }])
    await log.checkpoints.prune({ keep: 1 })
    expect(await contentOf(log.checkpoints.read(3))).to.equal('cd')
    expect(engine.content.size).to.equal(3)
  })

  it('leave nothing of a state that was refused, failed or repeated', async () => {
    const { engine, log } = await withSlots()
    const { divisible } = log.checkpoints
    await divisible.store(2, parts('a', 'b'))
    const before = [...engine.content.keys()]
    async function* broken(): AsyncGenerator<PartSource> {
      yield* parts('new', 'a')
      throw new Error('the source broke')
    }
    expect(await divisible.store(3, broken()).catch((error: Error) => error.message)).to.equal(
      'the source broke',
    )
    await rejection('PLOG_STALE_CHECKPOINT', () => divisible.store(2, parts('a', 'b', 'other')))
    await rejection('PLOG_CHECKPOINT_AHEAD', () => divisible.store(99, parts('other')))
    await rejection('PLOG_PART_MISSING', () =>
      divisible.store(3, [{ content: bytes('other') }, { digest: digestOf(bytes('nowhere')) }]),
    )
    const again = await divisible.store(2, parts('a', 'b'))
    expect(again.parts).to.equal(2)
    expect([...engine.content.keys()]).to.deep.equal(before)
  })

  it('store a content once that two calls write at the same time', async () => {
    const { engine, log } = await withSlots()
    const { divisible } = log.checkpoints
    await Promise.all([divisible.store(1, parts('same', 'one')), divisible.store(2, parts('same', 'two'))])
    expect([...engine.content.values()].filter((chunks) => text(Buffer.concat(chunks)) === 'same')).length(1)
    expect(await contentOf(log.checkpoints.read(2))).to.equal('sametwo')
  })

  it('damage every checkpoint that names a damaged part, and no other', async () => {
    const { engine, log } = await withSlots()
    const { divisible } = log.checkpoints
    await divisible.store(1, parts('old'))
    await divisible.store(2, parts('shared', 'x'))
    await divisible.store(3, parts('y', 'shared'))
    engine.damagedFrom.set(blobOf(engine, 'shared'), 0)
    await rejection('PLOG_CORRUPTED', () => contentOf(log.checkpoints.read(3)))
    expect((await log.checkpoints.list()).map(({ damaged }) => damaged)).to.deep.equal([false, true, true])
    expect((await log.checkpoints.latest())?.slot).to.equal(1)
    const report = await log.verify()
    expect([report.ok, report.damaged.length]).to.deep.equal([false, 1])
    const restored: string[] = []
    await recover(log, {
      restore: async (_, content) => void restored.push(await contentOf(content)),
      apply: () => undefined,
    })
    expect(restored).to.deep.equal(['old'])
    await rejection('PLOG_PART_MISSING', () => divisible.store(4, [{ digest: digestOf(bytes('shared')) }]))
    await divisible.store(4, parts('shared', 'new'))
    expect(await contentOf(log.checkpoints.read(4))).to.equal('sharednew')
    await log.checkpoints.prune({ keep: 1 })
    expect(engine.content.size).to.equal(3)
  })

  /** A log with a checkpoint of two parts at slot 4, opened anew: nobody vouches for the parts, and "a" is damaged. */
  async function withRot(): Promise<{ engine: MemoryEngine; log: PersistentLog }> {
    const { engine, log } = await withSlots()
    await log.checkpoints.divisible.store(4, parts('a', 'b'))
    const [checkpoint] = await log.checkpoints.list()
    const ledger = new Ledger(0)
    for (let slot = 0; slot < 8; slot++) ledger.addDecided(slot)
    const blob = [...engine.content.keys()].at(-1)!
    ledger.addCheckpoint({ ...checkpoint!, blob })
    engine.damagedFrom.set(blobOf(engine, 'a'), 0)
    return openMemory({}, ledger, engine)
  }

  it('let no compaction pass a checkpoint one of whose parts cannot be read', async () => {
    const { log } = await withRot()
    await rejection('PLOG_CHECKPOINT_REQUIRED', () => log.compact({ before: 4 }))
  })

  for (const [call, slot] of [
    ['install', 4],
    ['install', 6],
    ['store', 4],
    ['store', 6],
  ] as const) {
    it(`take no unread part that is damaged in the place of one that is given: ${call} at ${slot}`, async () => {
      const { log } = await withRot()
      await log.checkpoints.divisible[call](slot, parts('a', 'b'))
      expect(await contentOf(log.checkpoints.read(slot))).to.equal('ab')
      await log.compact({ before: slot })
      expect((await log.checkpoints.latest())?.slot).to.equal(slot)
    })
  }

  it('install no part that is damaged, and ask for it anew', async () => {
    const { log } = await withRot()
    const { divisible } = log.checkpoints
    const infos = await divisible.describe(4)
    const wanted = infos.map(({ digest }) => ({ digest }))
    await rejection('PLOG_PART_MISSING', () => divisible.install(6, wanted))
    expect(log.bounds().compactedBefore).to.equal(0)
    expect(await divisible.missing(infos)).to.deep.equal([{ digest: digestOf(bytes('a')), bytes: 1 }])
    await divisible.receive({ content: bytes('a') })
    await divisible.install(6, wanted)
    expect(await contentOf(log.checkpoints.read(6))).to.equal('ab')
  })

  it('take nothing away from an export or a reader that has begun', async () => {
    const { engine, log } = await withSlots()
    const { divisible } = log.checkpoints
    await divisible.store(1, parts('a', 'b'))
    await divisible.store(2, parts('c'))
    const exporting = divisible.export(1)[Symbol.asyncIterator]()
    await exporting.next()
    await log.checkpoints.prune({ keep: 1 })
    const second = await exporting.next()
    expect(text((second.value as ExportedPart).content)).to.equal('b')
    expect((await exporting.next()).done).to.equal(true)
    expect(engine.content.size).to.equal(2)
  })

  it('keep received parts until a checkpoint names them or they are given up', async () => {
    const { engine, log } = await withSlots()
    const { divisible } = log.checkpoints
    const a = await divisible.receive({ content: bytes('a') })
    await divisible.receive({ content: bytes('a') })
    const b = await divisible.receive({ content: bytes('b'), digest: digestOf(bytes('b')) })
    const c = { digest: digestOf(bytes('c')), bytes: 1 }
    await rejection('PLOG_DIGEST_MISMATCH', () =>
      divisible.receive({ content: bytes('x'), digest: c.digest }),
    )
    expect(await divisible.missing([a, b, c, c])).to.deep.equal([c])
    await divisible.install(20, [a])
    expect(log.bounds().compactedBefore).to.equal(20)
    expect(await divisible.giveUp()).to.deep.equal({ dropped: 1 })
    expect(await divisible.missing([a, b])).to.deep.equal([b])
    expect(engine.content.size).to.equal(2)
  })

  it('have limits: the limit works, one more is refused', async function () {
    this.timeout(20_000)
    const { log } = await withSlots()
    const { divisible } = log.checkpoints
    const tiny = await divisible.receive({ content: bytes('t') })
    const many = (count: number): PartSource[] =>
      Array.from({ length: count }, () => ({ digest: tiny.digest }))
    await rejection('PLOG_TOO_LARGE', () => divisible.store(1, many(PART_LIMITS.parts + 1)))
    expect((await divisible.store(1, many(PART_LIMITS.parts))).bytes).to.equal(PART_LIMITS.parts)
    const large = new Uint8Array(PART_LIMITS.partBytes + 1)
    const error = await rejection('PLOG_TOO_LARGE', () => divisible.store(2, [{ content: large }]))
    expect(error.context).to.include({ field: 'parts[0].content bytes', limit: PART_LIMITS.partBytes })
    expect((await divisible.store(2, [{ content: large.subarray(1) }])).bytes).to.equal(PART_LIMITS.partBytes)
    const name = 'n'.repeat(PART_LIMITS.nameBytes)
    await divisible.store(3, [{ name, content: bytes('x') }])
    expect(await divisible.store(4, [{ name: `${name}n`, content: bytes('x') }]).catch((e: unknown) => e))
      .to.be.instanceOf(RangeError)
      .with.property('message')
      .that.includes('parts[0].name')
  })

  it('keep no more received parts than the limit', async function () {
    this.timeout(20_000)
    const { log } = await withSlots()
    const { divisible } = log.checkpoints
    for (let at = 0; at < PART_LIMITS.receivedParts; at++)
      await divisible.receive({ content: bytes(`${at}`) })
    await divisible.receive({ content: bytes('0') })
    await rejection('PLOG_TOO_LARGE', () => divisible.receive({ content: bytes('one more') }))
  })

  it('are refused by a code where the system cannot read them or close their file, as whole ones are', async () => {
    const { engine, log } = await withSlots()
    await log.checkpoints.store(1, bytes('whole'))
    await log.checkpoints.divisible.store(2, parts('a', 'b'))
    engine.failureBehind = Object.assign(new Error('EIO: i/o error, close'), { code: 'EIO' })
    for (const slot of [1, 2]) {
      const { message } = await rejection('PLOG_IO', () => contentOf(log.checkpoints.read(slot)))
      expect(message).to.equal('PLOG_IO: read failed: EIO: i/o error, close')
    }
    engine.failureBehind = undefined
    expect(await contentOf(log.checkpoints.read(1))).to.equal('whole')
    expect(await contentOf(log.checkpoints.read(2))).to.equal('ab')
    expect(log.status.state).to.equal('open')
  })

  for (const [what, wrong, message] of [
    ['parts that are none', 5, /^parts is 5/],
    ['a part that is none', ['a'], /^parts\[0\] is "a"/],
    ['a part without content and digest', [{}], /^parts\[0\]\.digest is undefined/],
    ['a digest of another kind', [{ digest: 'ABC' }], /^parts\[0\]\.digest is "ABC"/],
    ['content that is no bytes', [{ content: 'text' }], /^parts\[0\]\.content is "text"/],
    ['an empty name', [{ name: '', content: bytes('a') }], /^parts\[0\]\.name is ""/],
    [
      'a name twice',
      [1, 2].map(() => ({ name: 'n', content: bytes('a') })),
      /^parts\[1\]\.name is "n", as is/,
    ],
  ] as const) {
    it(`refuse ${what}, and write nothing`, async () => {
      const { engine, log } = await withSlots()
      const error = await log.checkpoints.divisible.store(1, wrong as never).catch((reason: Error) => reason)
      expect((error as Error).message).to.match(message)
      expect(engine.content.size).to.equal(0)
    })
  }
})
