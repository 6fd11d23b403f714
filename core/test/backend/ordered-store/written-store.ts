import { expect } from 'chai'
import type { PersistentLog } from '../../../src/contract/persistent-log.js'
import { isPersistentLogError } from '../../../src/errors/index.js'
import { ArrayStore } from '../../support/array-store.js'
import { ballot, bytes, openStore, text } from './open-store.js'

/** Slots that are decided, above the point at 2. */
export const DECIDED = [2, 3, 4, 7, 9]
/** Slots that hold a proposal. */
export const ACCEPTED = [5, 8]
const STATE = 'state '.repeat(30_000)

/**
 * The store of a log with every kind of record, and what it looked like before its last writes. Decisions have records of
 * their own, or are in a block where they follow each other; the block begins below the point.
 */
export async function writtenStore(inBlocks: boolean): Promise<{ store: ArrayStore; earlier: ArrayStore }> {
  const store = new ArrayStore()
  const log = await openStore(store)
  await log.promise(ballot(2))
  const learned = [0, 1, ...DECIDED.filter((slot) => slot !== 7)]
  const decisions = learned.map((slot) => ({ slot, ballot: ballot(1), value: bytes(`d${slot}`) }))
  if (inBlocks) await log.learnAll(decisions)
  else for (const decision of decisions) await log.learn(decision)
  await log.configuration.store('members', { version: 1, value: bytes('old') })
  await log.accept({ slot: 7, ballot: ballot(2), value: bytes('d7') })
  for (const slot of ACCEPTED) await log.accept({ slot, ballot: ballot(2), value: bytes('old') })
  await log.checkpoints.store(2, bytes(STATE))
  await log.compact({ before: 2 })
  const earlier = store.crashed()
  await log.commit({ slot: 7, ballot: ballot(2) })
  for (const slot of ACCEPTED) await log.accept({ slot, ballot: ballot(3), value: bytes(`a${slot}`) })
  await log.configuration.store('members', { version: 2, value: bytes('new') })
  await log.close()
  return { store, earlier }
}

/** What a call gives, or that it was refused as damaged. */
export async function orDamaged<T>(call: () => Promise<T>): Promise<T | 'damaged'> {
  try {
    return await call()
  } catch (error) {
    if (isPersistentLogError(error, 'PLOG_CORRUPTED')) return 'damaged'
    throw error
  }
}

/** Whatever the damage, nothing that a log says may be wrong; it may only say that it does not know. */
export async function expectNothingWrong(log: PersistentLog): Promise<void> {
  const { votesLost } = log.status
  for (const slot of DECIDED) {
    const found = await orDamaged(async () => text((await log.read(slot))?.value))
    expect(found, `slot ${slot}`).to.be.oneOf([`d${slot}`, 'damaged'])
  }
  for (const slot of ACCEPTED) {
    const found = await orDamaged(async () => text((await log.readAccepted(slot))?.value))
    if (!votesLost) expect(found, `slot ${slot}`).to.equal(`a${slot}`)
    expect(await orDamaged(() => log.read(slot))).to.be.oneOf([undefined, 'damaged'])
  }
  if (!votesLost) {
    expect(log.promised()).to.deep.equal(ballot(2))
    expect(text((await log.configuration.load('members'))?.value)).to.equal('new')
  }
  const checkpoint = await log.checkpoints.latest()
  if (checkpoint) {
    const state = await orDamaged(async () => {
      const chunks: Uint8Array[] = []
      for await (const chunk of log.checkpoints.read(checkpoint.slot)) chunks.push(chunk)
      return Buffer.concat(chunks).toString()
    })
    expect(state).to.be.oneOf([STATE, 'damaged'])
  }
}
