import { isPersistentLogError, MAX_SLOT, type Ballot, type PersistentLog } from '@persistent-log/core'
import type { Acknowledger } from './acknowledger.js'
import { leaderBallot, rivalBallot, rivalValue } from './ballots.js'
import type { Block, Step } from './schedule.js'

/** The proposers of this log: the leader, who gets every command decided, and a rival who gets in his way. */
export class Proposer {
  readonly #log: PersistentLog
  readonly #client: Acknowledger
  #round: number
  #refused = 0
  #election: Promise<void> = Promise.resolve()

  constructor(log: PersistentLog, client: Acknowledger) {
    this.#log = log
    this.#client = client
    this.#round = log.promised()?.round ?? 0
  }

  /** Accepts of a deposed rival that the log refused. */
  get refused(): number {
    return this.#refused
  }

  /**
   * A new round. The rival campaigns first and gets its values accepted in the contested slots; then the leader outbids
   * it, and from then on the log has to refuse the rival. Commands in other slots go on meanwhile. Elections follow one
   * another: the next one waits for this one.
   */
  elect({ steps }: Block): Promise<void> {
    const contested = steps.filter((step) => step.contested).map(({ command }) => command.slot)
    this.#election = this.#election.then(() => this.#elect(contested))
    return this.#election
  }

  /** Gets one command decided; a contested slot waits for the election of its block. */
  async decide({ command: { slot, value }, contested, late }: Step): Promise<void> {
    if (contested) await this.#election
    const ballot = leaderBallot(this.#round)
    if (late) {
      await this.#client.during(() => this.#log.learn({ slot, ballot, value }))
    } else {
      await this.#accept(slot, ballot, value)
      await this.#client.during(() => this.#log.commit({ slot, ballot }))
    }
    this.#client.committed(slot, ballot)
  }

  async #elect(contested: readonly number[]): Promise<void> {
    // The leader's calls use the new round from here on: what is judged after the promise is not below it.
    this.#round++
    const rival = rivalBallot(this.#round)
    await this.#promise(rival)
    await Promise.all(contested.map((slot) => this.#accept(slot, rival, rivalValue(slot))))
    await this.#promise(leaderBallot(this.#round))
    await this.#expectRefusal(rival)
  }

  async #accept(slot: number, ballot: Ballot, value: Uint8Array): Promise<void> {
    await this.#client.during(() => this.#log.accept({ slot, ballot, value }))
    this.#client.accepted(slot, ballot)
  }

  async #promise(ballot: Ballot): Promise<void> {
    await this.#client.during(() => this.#log.promise(ballot))
    this.#client.promised(ballot)
  }

  /** In a slot that nobody uses, so that nothing but the promise can be in the way. */
  async #expectRefusal(ballot: Ballot): Promise<void> {
    try {
      await this.#log.accept({ slot: MAX_SLOT, ballot, value: rivalValue(MAX_SLOT) })
    } catch (error) {
      if (!isPersistentLogError(error, 'PLOG_STALE_BALLOT')) throw error
      this.#refused++
      return
    }
    throw new Error(`the log accepted ballot ${ballot.round}.${ballot.nodeId} below its promise`)
  }
}
