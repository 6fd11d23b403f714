import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { CheckpointHealth } from '../../../src/backend/engine/checkpoint-health.js'
import { LifeCycle } from '../../../src/backend/engine/life-cycle.js'
import { Descriptors } from '../../../src/backend/engine/parts/descriptors.js'
import { PartBlobs } from '../../../src/backend/engine/parts/part-blobs.js'
import { WritePath } from '../../../src/backend/engine/write-path.js'
import { Ledger } from '../../../src/backend/index.js'
import { MemoryEngine } from '../../support/memory-engine.js'
import { bytes } from '../../support/values.js'

const STATE = bytes('a state')
const CHECKPOINT = {
  slot: 1,
  blob: 'its-blob',
  bytes: STATE.byteLength,
  digest: createHash('sha256').update(STATE).digest('hex'),
}

function healthOf(): { readonly engine: MemoryEngine; readonly health: CheckpointHealth } {
  const engine = new MemoryEngine()
  engine.content.set(CHECKPOINT.blob, [STATE])
  const life = new LifeCycle()
  const contents = { engine, parts: new PartBlobs(engine.blobs, life), descriptors: new Descriptors() }
  return { engine, health: new CheckpointHealth(contents, new WritePath(engine, new Ledger(0), life), life) }
}

describe('what is known of checkpoints', () => {
  for (const way of ['remove', 'abandon'] as const) {
    it(`is forgotten with one that is readable: ${way}`, async () => {
      const { health } = healthOf()
      health.wasWritten(CHECKPOINT)
      expect(await health.isReadable(CHECKPOINT)).to.equal(true)
      await health[way](CHECKPOINT)
      expect(await health.isReadable(CHECKPOINT), 'it is looked for, and not there').to.equal(false)
    })

    it(`is forgotten with one that is damaged: ${way}`, async () => {
      const { engine, health } = healthOf()
      engine.damagedFrom.set(CHECKPOINT.blob, 0)
      expect(await health.isReadable(CHECKPOINT)).to.equal(false)
      expect(health.isDamaged(CHECKPOINT)).to.equal(true)
      await health[way](CHECKPOINT)
      expect(health.isDamaged(CHECKPOINT)).to.equal(false)
    })
  }
})
