import { randomInt } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { isPersistentLogError, type Ballot, type PersistentLog, type Survival } from '@persistent-log/core'
import { expect } from 'chai'
import { MemoryDisk } from './support/memory-disk.js'
import { newDisk, openOn, valueOf } from './support/open-log.js'
import { generator } from './support/random.js'
import { isThorough } from './support/thorough.js'

const RUNS = isThorough ? 200 : 25
const STEPS = 150

type Random = ReturnType<typeof generator>

const pick = <T>(draw: Random, items: readonly T[]): T => items[draw(items.length)]!

/** Everything that the log shows. */
async function shownBy(log: PersistentLog): Promise<object> {
  const entries: string[] = []
  for await (const entry of log.decisions({}, { includeAccepted: true })) {
    const { slot, status } = entry
    const { ballot, value } = entry as { ballot: Ballot; value: Uint8Array }
    expect(
      Buffer.from(value).equals(valueOf(slot, ballot.round, value.length)),
      `the value of slot ${slot}`,
    ).equal(true)
    entries.push(`${slot} ${status} ${ballot.round} ${value.length}`)
  }
  return {
    bounds: log.bounds(),
    promised: log.promised(),
    entries,
    checkpoints: (await log.checkpoints.list()).map(({ slot, damaged }) => ({ slot, damaged })),
    configuration: (await log.configuration.load('members'))?.version,
    votesLost: log.status.votesLost,
  }
}

/** A call of any kind at a place where something is going on. */
class Caller {
  readonly #draw: Random
  readonly #longest: number
  #round = 1
  #version = 0

  constructor(draw: Random) {
    this.#draw = draw
    this.#longest = pick(draw, [60, 2_000, 9_000, 20_000])
  }

  call(log: PersistentLog): Promise<unknown> {
    const draw = this.#draw
    const { contiguousTo } = log.bounds()
    const slot = contiguousTo + draw(12)
    const ballot = { round: this.#round, nodeId: 1 }
    const survives = pick<Survival | undefined>(draw, ['process-crash', 'power-loss', undefined])
    const item = (at: number, longest: number) => ({
      slot: at,
      ballot,
      value: valueOf(at, ballot.round, 20 + draw(longest)),
    })
    const several = Array.from({ length: 1 + draw(8) }, (_, at) => item(slot + at, this.#longest / 4))
    const calls: readonly [weight: number, call: () => Promise<unknown>][] = [
      [30, () => log.accept(item(slot, this.#longest), { survives })],
      [20, () => log.commit({ slot, ballot }, { survives })],
      [16, () => log.learn(item(contiguousTo, this.#longest), { survives })],
      [4, () => log.acceptAll(several, { survives })],
      [3, () => log.acceptAll(several, { survives, discardFrom: slot })],
      [3, () => log.commitAll(several, { survives })],
      [3, () => log.promise({ round: ++this.#round, nodeId: 1 })],
      [3, () => log.discard({ from: slot }, { survives })],
      [2, () => log.discard({ from: slot, to: slot + draw(6) }, { survives })],
      [4, () => log.checkpoints.store(Math.max(contiguousTo - draw(3), 0), Buffer.from('state'))],
      [4, () => log.compact({ before: contiguousTo, retain: draw(4) })],
      [2, () => log.checkpoints.prune({ keep: 1 + draw(2) })],
      [2, () => log.checkpoints.install(contiguousTo + draw(20), Buffer.from('installed'))],
      [2, () => log.configuration.store('members', { version: ++this.#version, value: Buffer.from('c') })],
      [2, () => log.flush()],
    ]
    let at = draw(calls.reduce((sum, [weight]) => sum + weight, 0))
    const [, call] = calls.find(([weight]) => (at -= weight) < 0)!
    return call()
  }
}

/** A refusal is an answer; it changes nothing. */
async function unlessRefused(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isPersistentLogError(error) || ['PLOG_IO', 'PLOG_CORRUPTED'].includes(error.code)) throw error
  }
}

async function history(seed: number): Promise<void> {
  const draw = generator(seed | 1)
  const options = {
    segmentBytes: pick(draw, [4_096, 16_384, 65_536, 600_000]),
    spareSegments: draw(3),
    regionBytes: pick(draw, [65_536, 1_048_576]),
    compression: draw(3) === 0,
  }
  const durability = draw(2) === 0 ? { accept: 'process-crash' as const } : {}
  const caller = new Caller(draw)
  let disk = await newDisk()
  let log = await openOn(disk, { cleanClose: true, created: true, options, durability })
  for (let step = 0; step < STEPS; step++) {
    const together = draw(3) === 0 ? 1 + draw(10) : 1
    await Promise.all(Array.from({ length: together }, () => unlessRefused(caller.call(log))))
    for (let turns = draw(5) === 0 ? draw(30) : 0; turns > 0; turns--) await turn()
    const end = draw(20)
    if (end > 1) continue
    const shown = await shownBy(log)
    const cleanClose = end === 0
    if (cleanClose) await log.close()
    const left = new MemoryDisk(disk.copy())
    // The process that was killed goes on in a world of its own.
    if (!cleanClose) await log.close()
    disk = left
    log = await openOn(disk, { cleanClose, options, durability })
    expect(log.recovery.damaged).deep.equal([])
    expect(await shownBy(log), cleanClose ? 'after a clean close' : 'after a kill').deep.equal(shown)
  }
  expect((await log.verify()).ok).equal(true)
  await log.close()
}

describe('faster: random histories over many small segments', function () {
  this.timeout(300_000)

  it('show after a close or a kill what they showed before', async () => {
    for (let run = 0; run < RUNS; run++) {
      const seed = randomInt(2 ** 31)
      await history(seed).catch((cause: unknown) => {
        throw new Error(`history ${seed}: ${String(cause)}`, { cause })
      })
    }
  })
})
