import { expect } from 'chai'
import { raise } from '../../../src/errors/index.js'
import { Ledger } from '../../../src/backend/index.js'
import { openMemory } from '../../support/memory-engine.js'
import { learn } from '../../support/values.js'
import { openHeld, proposal, stateOf, turn, type HeldEngine } from './held-engine.js'

const bytes = (text: string) => Buffer.from(text)

/** Lets the writes that a call needs succeed until it settles. */
async function settle<T>(engine: HeldEngine, call: Promise<T>): Promise<T> {
  let isSettled = false
  const settled = (): void => void (isSettled = true)
  call.then(settled, settled)
  while (!isSettled) {
    await turn()
    await engine.succeedAll()
  }
  return call
}

async function contentOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts).toString()
}

/** Yields one chunk, then nothing more, ever. */
async function* stalled(): AsyncGenerator<Uint8Array> {
  yield bytes('begun')
  await new Promise(() => undefined)
}

describe('checkpoints over an engine', () => {
  it('keep the ballot just below the point when an installed state comes without one', async () => {
    const { engine, log } = await openHeld()
    await settle(engine, log.learn({ slot: 0, ballot: { round: 7, nodeId: 1 }, value: bytes('v') }))
    await settle(engine, log.checkpoints.install(1, bytes('state')))
    expect(log.bounds()).to.deep.include({ compactedBefore: 1, compactedBallot: { round: 7, nodeId: 1 } })
  })

  it('let a new state take the place of a damaged one at the same slot', async () => {
    const { engine, log } = await openHeld()
    await settle(engine, log.checkpoints.store(0, bytes('state')))
    engine.blobs.contents.set('0', 'damaged')
    expect(await stateOf(contentOf(log.checkpoints.read(0)))).to.equal('PLOG_CORRUPTED')
    await settle(engine, log.checkpoints.store(0, bytes('state')))
    expect(await contentOf(log.checkpoints.read(0))).to.equal('state')
    expect(await log.checkpoints.list()).to.have.length(1)
    expect([...engine.blobs.contents.keys()]).to.deep.equal(['1'])
  })

  it('let an installed state take the place of a damaged one at the same slot', async () => {
    const { engine, log } = await openHeld()
    await settle(engine, log.checkpoints.install(7, bytes('state')))
    engine.blobs.contents.set('0', 'damaged')
    expect(await stateOf(contentOf(log.checkpoints.read(7)))).to.equal('PLOG_CORRUPTED')
    await settle(engine, log.checkpoints.install(7, bytes('shipped')))
    expect(await contentOf(log.checkpoints.read(7))).to.equal('shipped')
    expect(log.bounds().compactedBefore).to.equal(7)
  })

  for (const call of ['store', 'install'] as const) {
    it(`keep the state that is given where nobody has read yet that the one at its slot is damaged: ${call}`, async () => {
      const { engine, log } = await openMemory()
      await learn(log, 0, 1, 2, 3)
      await log.checkpoints.store(3, bytes('state'))
      const [checkpoint] = await log.checkpoints.list()
      const ledger = new Ledger(0)
      for (let slot = 0; slot < 4; slot++) ledger.addDecided(slot)
      const [blob = ''] = engine.content.keys()
      ledger.addCheckpoint({ ...checkpoint!, blob })
      engine.damagedFrom.set(blob, 0)
      const again = await openMemory({}, ledger, engine)
      await again.log.checkpoints[call](3, bytes('state'))
      expect(await contentOf(again.log.checkpoints.read(3))).to.equal('state')
      await again.log.compact({ before: 3 })
      expect(again.log.bounds().compactedBefore).to.equal(3)
      expect(engine.content.has(blob), 'the damaged one is gone').to.equal(false)
    })
  }

  it('answer a retry with what is stored, not with what the retry said about it', async () => {
    const { engine, log } = await openHeld()
    const first = { round: 1, nodeId: 1 }
    await settle(engine, log.checkpoints.store(0, bytes('state'), { ballot: first, metadata: bytes('a') }))
    const retry = await settle(engine, log.checkpoints.store(0, bytes('state'), { metadata: bytes('b') }))
    expect(retry.ballot).to.deep.equal(first)
    expect(Buffer.from(retry.metadata!).toString()).to.equal('a')
    expect([...engine.blobs.contents.keys()]).to.deep.equal(['0'])
  })

  it('let the second of two stores at one slot wait for the first, and refuse another content', async () => {
    const { engine, log } = await openHeld()
    const first = log.checkpoints.store(0, bytes('state'))
    const same = log.checkpoints.store(0, bytes('state'))
    const other = log.checkpoints.store(0, bytes('other'))
    other.catch(() => undefined)
    expect(await stateOf(same)).to.equal('pending')
    await settle(engine, Promise.all([first, same]))
    expect(await stateOf(other)).to.equal('PLOG_STALE_CHECKPOINT')
    expect([...engine.blobs.contents.keys()]).to.deep.equal(['0'])
  })

  it('leave a stream that stands still when their signal says so', async () => {
    const { engine, log } = await openHeld()
    const abort = new AbortController()
    const storing = log.checkpoints.store(0, stalled(), { signal: abort.signal })
    storing.catch(() => undefined)
    await turn()
    abort.abort(new Error('changed my mind'))
    expect(await stateOf(storing)).to.equal('changed my mind')
    expect(await log.checkpoints.list()).to.deep.equal([])
    await settle(engine, log.close())
  })

  it('get their name when everything before them is flushed, and not before', async () => {
    const { engine, log } = await openHeld()
    void log.learn(proposal(0, 1), { survives: 'process-crash' })
    await engine.succeed('process-crash')
    const stored = log.checkpoints.store(1, bytes('state'))
    while (engine.held.length === 0) await turn()
    await turn()
    expect(engine.held.map(({ effects }) => effects.map(({ kind }) => kind))).to.deep.equal([[]])
    await engine.succeed()
    expect(engine.held.map(({ effects }) => effects.map(({ kind }) => kind))).to.deep.equal([['checkpoint']])
    await engine.succeed()
    await stored
  })

  it('take a stream whose steps are no promises, with a signal as without', async () => {
    const { engine, log } = await openHeld()
    const plain = (): AsyncIterable<Uint8Array> => {
      const chunks = ['a ', 'plain ', 'state'].map(bytes)
      const next = (): IteratorResult<Uint8Array> =>
        chunks.length > 0 ? { done: false, value: chunks.shift()! } : { done: true, value: undefined }
      return { [Symbol.asyncIterator]: () => ({ next }) as unknown as AsyncIterator<Uint8Array> }
    }
    for (const options of [{}, { signal: new AbortController().signal }]) {
      await settle(engine, log.checkpoints.store(0, plain(), options))
      expect(await contentOf(log.checkpoints.read(0))).to.equal('a plain state')
    }
  })

  it('heed an abort up to the moment in which the state gets its name', async () => {
    const { engine, log } = await openHeld()
    const abort = new AbortController()
    async function* content() {
      yield bytes('state')
    }
    const create = engine.blobs.create.bind(engine.blobs)
    engine.blobs.create = () => {
      const writer = create()
      const finish = async (): Promise<void> => {
        await writer.finish()
        abort.abort(new Error('changed my mind'))
      }
      return { ...writer, finish }
    }
    expect(await stateOf(log.checkpoints.store(0, content(), { signal: abort.signal }))).to.equal(
      'changed my mind',
    )
    expect(engine.held).to.deep.equal([])
    expect(engine.blobs.contents.size).to.equal(0)
  })

  it('read no further into a stream once the log is poisoned', async () => {
    const { engine, log } = await openHeld()
    async function* endless() {
      for (;;) {
        yield bytes('x')
        await turn()
      }
    }
    const storing = log.checkpoints.store(0, endless())
    storing.catch(() => undefined)
    const failing = stateOf(log.promise({ round: 1, nodeId: 1 }))
    await engine.fail(new Error('EIO'))
    await failing
    await turn()
    expect(await stateOf(storing)).to.equal('PLOG_POISONED')
  })

  it('tell the error of the stream, and store nothing', async () => {
    const { engine, log } = await openHeld()
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytes('half')
      throw raise.unsupported('the network', 'is gone')
    }
    expect(await stateOf(log.checkpoints.install(5, broken(), { discardFrom: 5 }))).to.equal(
      'PLOG_UNSUPPORTED',
    )
    expect(engine.blobs.contents.size).to.equal(0)
    expect(log.bounds().compactedBefore).to.equal(0)
  })

  it('keep a pruned state for its reader, and remove it when he is done', async () => {
    const { engine, log } = await openHeld()
    await settle(engine, log.checkpoints.store(0, bytes('old')))
    await settle(engine, log.learn({ slot: 0, ballot: { round: 1, nodeId: 1 }, value: bytes('v') }))
    await settle(engine, log.checkpoints.store(1, bytes('new')))
    const reader = log.checkpoints.read(0)[Symbol.asyncIterator]()
    await reader.next()
    expect(await settle(engine, log.checkpoints.prune({ keep: 1 }))).to.deep.equal({ removed: 1 })
    expect(engine.blobs.contents.has('0')).to.equal(true)
    expect((await reader.next()).done).to.equal(false)
    expect((await reader.next()).done).to.equal(true)
    expect([...engine.blobs.contents.keys()]).to.deep.equal(['1'])
  })

  it('are gone when a second prune resolves that found none left to remove', async () => {
    const { engine, log } = await openHeld()
    await settle(engine, log.checkpoints.store(0, bytes('old')))
    await settle(engine, log.learn({ slot: 0, ballot: { round: 1, nodeId: 1 }, value: bytes('v') }))
    await settle(engine, log.checkpoints.store(1, bytes('new')))
    const first = log.checkpoints.prune({ keep: 1 })
    const second = log.checkpoints.prune({ keep: 1 })
    expect(await stateOf(second)).to.equal('pending')
    await engine.succeed()
    expect(await stateOf(second)).to.equal('pending')
    expect(await settle(engine, second)).to.deep.equal({ removed: 0 })
    expect(await first).to.deep.equal({ removed: 1 })
    expect((await log.checkpoints.list()).map(({ slot }) => slot)).to.deep.equal([1])
  })

  it('touch nothing of a closed log when a late reader ends', async () => {
    const { engine, log } = await openHeld()
    await settle(engine, log.checkpoints.store(0, bytes('old')))
    await settle(engine, log.learn({ slot: 0, ballot: { round: 1, nodeId: 1 }, value: bytes('v') }))
    await settle(engine, log.checkpoints.store(1, bytes('new')))
    const reader = log.checkpoints.read(0)[Symbol.asyncIterator]()
    await reader.next()
    await settle(engine, log.checkpoints.prune({ keep: 1 }))
    await log.close()
    engine.blobs.remove = () => Promise.reject(new Error('removed after close'))
    expect(await stateOf(reader.next())).to.equal('PLOG_NOT_OPEN')
  })

  it('name the field and the value of a content that is none', async () => {
    const { log } = await openHeld()
    expect(await stateOf(log.checkpoints.store(0, 'text' as never))).to.match(/^content is "text"/)
  })
})
