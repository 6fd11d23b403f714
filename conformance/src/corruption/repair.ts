import { isPersistentLogError, type Decision, type PersistentLog } from '@persistent-log/core'
import type { Observation } from '../crash/observation.js'
import { shownEntry } from '../running/dump.js'
import { openLogUnderTest, type OpenOrder } from '../running/target.js'
import { refusal, shownAt, type Classified } from './classify.js'
import { reasonOf } from '../running/reason.js'

/** What was not read at one open may be found at the next: after so many of them a log has to open strictly. */
const MOST_SALVAGES = 3

/** Slots that are looked at behind the highest one that was ever written: a number that rotted reaches anywhere. */
const SLOTS_BEHIND = 100

/** The state that is stored where one that was stored is lost. */
const STATE_SINCE = Buffer.from('the state since')

/** What the others decided meanwhile where nothing was decided before. */
const DECIDED_SINCE = { ballot: { round: 1_000_000, nodeId: 0 }, value: Buffer.from('decided since') }

/**
 * Opens a damaged log to salvage it, twice: what is damaged stays so, or is found intact. Then it learns every slot that is
 * damaged or has lost its decision, as from another node, stores the damaged records of the configuration anew, and a
 * checkpoint where one is lost, is closed, and opened as strictly as ever: it opens, and every decision is there; at the latest
 * when the loss of votes was accepted as well. It may be refused for ever only over damage that reaches far behind what was ever
 * written: nobody would learn so many slots.
 */
export async function repair(order: OpenOrder, expected: Observation): Promise<Classified> {
  const decisions = expected.entries.flatMap((line) => decisionOf(line) ?? [])
  const salvaging = { ...order, config: { ...order.config, recovery: 'salvage' as const } }
  const rejoining = { ...order, config: { ...salvaging.config, acceptLostVotes: true } }
  let log: PersistentLog
  try {
    log = await openLogUnderTest(salvaging)
  } catch (error) {
    return refusal('opening', error)
  }
  const told = new Set<string>()
  const end = SLOTS_BEHIND + Math.max(0, ...expected.entries.map((line) => Number(line.split(' ')[0])))
  let learned = 0
  try {
    const damaged = await damagedSlots(log, end)
    await log.close()
    log = await openLogUnderTest(salvaging)
    const forgotten = await forgottenOf(damaged, log, expected, end)
    if (forgotten.length > 0)
      throw new Error(`damage was forgotten at the next open: slots ${forgotten.join()}`)
    for (let salvages = 1; ; salvages++) {
      for (const { reason } of log.recovery.damaged) told.add(reason)
      learned += await learnMissing(log, decisions, end)
      await storeMissing(log, expected.configurations)
      if (!(await hasStates(log, expected.states))) await storeState(log)
      await log.close()
      const isBeyondLearning = log.recovery.damaged.some(({ slots }) => slots !== undefined && slots.to > end)
      const again = await openStrictly(order, salvages < MOST_SALVAGES || isBeyondLearning)
      log = again ?? (await openLogUnderTest(rejoining))
      if (again || salvages === MOST_SALVAGES) break
    }
    for (const decision of decisions) {
      if (!(await isThere(log, decision))) throw new Error(`decision ${decision.slot} is gone again`)
    }
  } catch (error) {
    const message = reasonOf(error)
    return {
      consequence: 'wrong',
      evidence: `repaired by learn (${learned}): ${message}; it told: ${[...told].join()}`,
    }
  } finally {
    await log.close().catch(() => undefined)
  }
  return told.size > 0 || learned > 0
    ? { consequence: 'located', evidence: [...told].join() }
    : { consequence: 'ok', evidence: 'all of it is there' }
}

/** Slots that were damaged, and are neither that now nor what they held: who looks closer may find some of them intact. */
async function forgottenOf(
  damaged: readonly number[],
  log: PersistentLog,
  { entries }: Observation,
  end: number,
): Promise<number[]> {
  const still = new Set(await damagedSlots(log, end))
  const forgotten: number[] = []
  for (const slot of damaged) {
    if (still.has(slot)) continue
    const wanted = entries.find((line) => line.startsWith(`${slot} `))
    const isLostVote = log.recovery.votesLost && wanted?.includes(' accepted ') === true
    if (!isLostVote && (await shownAt(log, slot)) !== wanted) forgotten.push(slot)
  }
  return forgotten
}

/** `undefined` where it is refused over damage, and may be. */
async function openStrictly(order: OpenOrder, mayRefuse: boolean): Promise<PersistentLog | undefined> {
  try {
    return await openLogUnderTest(order)
  } catch (error) {
    if (mayRefuse && isPersistentLogError(error, 'PLOG_CORRUPTED')) return undefined
    throw error
  }
}

/** Returns how many slots were missing. */
async function learnMissing(
  log: PersistentLog,
  decisions: readonly Decision[],
  end: number,
): Promise<number> {
  const missing: Decision[] = []
  for (const decision of decisions) if (!(await isThere(log, decision))) missing.push(decision)
  for (const slot of await damagedSlots(log, end)) {
    if (!decisions.some((one) => one.slot === slot)) missing.push({ slot, ...DECIDED_SINCE })
  }
  for (const decision of missing) await log.learn(decision)
  return missing.length
}

async function storeMissing(log: PersistentLog, configurations: readonly string[]): Promise<void> {
  for (const line of configurations) {
    const [name = '', version, value = ''] = line.split(' ')
    const isMissing = await log.configuration.load(name).then((record) => record === undefined, isDamage)
    if (isMissing) {
      await log.configuration.store(name, { version: Number(version) + 1, value: Buffer.from(value, 'hex') })
    }
  }
}

/** What it is told of its checkpoints suffices: their bytes are not what an open reads. */
async function hasStates(log: PersistentLog, states: readonly string[]): Promise<boolean> {
  const slots = new Set((await log.checkpoints.list()).map(({ slot }) => slot))
  return states.every((line) => slots.has(Number(line.split(' ')[0])))
}

async function storeState(log: PersistentLog): Promise<void> {
  const newest = Math.max(-1, ...(await log.checkpoints.list()).map(({ slot }) => slot))
  const slot = Math.max(log.bounds().contiguousTo, newest + 1)
  await log.checkpoints.store(slot, STATE_SINCE, { acrossGaps: true })
}

function isDamage(error: unknown): true {
  if (isPersistentLogError(error, 'PLOG_CORRUPTED')) return true
  throw error
}

async function damagedSlots(log: PersistentLog, end: number): Promise<number[]> {
  const { compactedBefore, nextSlot } = log.bounds()
  const damaged: number[] = []
  for (let slot = compactedBefore; slot < Math.min(nextSlot, end); slot++)
    if (await isDamaged(log, slot)) damaged.push(slot)
  return damaged
}

/** What a line of an observation says, where that is a decision. */
function decisionOf(line: string): Decision | undefined {
  const found = /^(\d+) decided (\d+)\.(\d+) ([0-9a-f]*)(?: \(([0-9a-f]*)\))?$/.exec(line)
  if (found === null) return undefined
  const [, slot, round, nodeId, value = '', proof] = found
  return {
    slot: Number(slot),
    ballot: { round: Number(round), nodeId: Number(nodeId) },
    value: Buffer.from(value, 'hex'),
    ...(proof !== undefined && { proof: Buffer.from(proof, 'hex') }),
  }
}

async function isThere(log: PersistentLog, decision: Decision): Promise<boolean> {
  if (await isDamaged(log, decision.slot)) return false
  const found = await log.read(decision.slot)
  return found !== undefined && lineOf(found) === lineOf(decision)
}

async function isDamaged(log: PersistentLog, slot: number): Promise<boolean> {
  return Promise.all([log.readAccepted(slot), log.read(slot)]).then(() => false, isDamage)
}

const lineOf = (decision: Decision): string => shownEntry({ ...decision, status: 'decided' })
