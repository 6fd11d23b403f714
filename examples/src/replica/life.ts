import { join } from 'node:path'
import { survivesAtLeast, type Survival } from '@persistent-log/core'
import type { Audit } from './audit.js'
import type { Expectation } from './expectation.js'
import { paceFor } from './pace.js'
import type { Progress } from './progress.js'
import { proveFinished, proveNothingLost, proveNothingSurvived, shown, type Proof } from './proofs.js'
import type { OpeningReport, Orders } from './protocol.js'
import { Random } from './random.js'
import { AcknowledgementRecord } from './record.js'
import { visit, type Visit } from './visit.js'

/** What the lives on all backends share. */
export interface Setting {
  /** Where the directories of the logs are made. */
  readonly directory: string
  readonly input: string | undefined
  readonly seed: number
  readonly expectation: Expectation
  readonly progress: Progress
}

/** One backend's row in the table, and what was proved about it. */
export interface LifeReport {
  readonly backend: string
  readonly declares: Survival
  readonly entries: number
  readonly acceptsPerSecond: number
  readonly commitsPerSecond: number
  readonly readsPerSecond: number
  readonly recoveryMs: number
  readonly survived: string
  readonly proofs: readonly Proof[]
}

/** The share of the commands after which the process is killed. */
const EARLIEST_KILL = 0.3
const LATEST_KILL = 0.6

const perSecond = (count: number, tookMs: number): number => (tookMs > 0 ? (count * 1_000) / tookMs : 0)

/** The life of one replica: it works, is killed, recovers in a new process, finishes, and is looked at once more. */
export class Life {
  readonly #backend: string
  readonly #setting: Setting
  readonly #orders: Orders
  readonly #proofs: Proof[] = []
  #record: AcknowledgementRecord

  constructor(backend: string, setting: Setting, index: number) {
    const { directory, input, seed, expectation } = setting
    const { commands } = expectation
    this.#backend = backend
    this.#setting = setting
    this.#record = new AcknowledgementRecord(commands)
    const config = { backend, directory: join(directory, `log-${index}`) }
    this.#orders = { config, input, commands, seed, pace: paceFor(commands) }
  }

  async run(): Promise<LifeReport> {
    const { expectation, progress } = this.#setting
    progress.begin(this.#backend, expectation.commands)
    const first = await this.#untilKilled()
    const acknowledged = this.#record.commits
    const second = await this.#untilFinished()
    progress.end()
    const declares = first.opening.capabilities.survives.commit
    const survives = survivesAtLeast(declares, 'process-crash')
    if (survives) await this.#lookOnceMore()

    const workMs = first.workMs + second.workMs
    const all = this.#proofs.every(({ holds }) => holds)
    return {
      backend: this.#backend,
      declares,
      entries: expectation.commands,
      acceptsPerSecond: perSecond(first.accepts + second.accepts, workMs),
      commitsPerSecond: perSecond(first.commits + second.commits, workMs),
      readsPerSecond: perSecond(second.work?.reads ?? 0, second.work?.readMs ?? 0),
      recoveryMs: second.opening.tookMs,
      survived: !all
        ? 'NOT PROVED'
        : survives
          ? `all ${shown(acknowledged)} commits`
          : 'nothing (as declared)',
      proofs: this.#proofs,
    }
  }

  /** The first process: works until the seed says that it dies. */
  async #untilKilled(): Promise<Visit> {
    const { expectation, progress, seed } = this.#setting
    const { commands } = expectation
    const share = EARLIEST_KILL + new Random(seed).fraction() * (LATEST_KILL - EARLIEST_KILL)
    const killAt = Math.max(1, Math.floor(commands * share))
    const life = await visit(this.#orders, expectation, {
      opened: async () => 'go',
      acknowledged: (calls) => {
        this.#record.note(calls)
        progress.update(this.#record.commits)
        return this.#record.commits >= killAt
      },
    })
    const { commits } = this.#record
    const detail = `${shown(commits)} of ${shown(commands)} commits acknowledged, ${shown(life.inFlight)} calls in flight`
    progress.tell(`killed with SIGKILL: ${detail}`)
    this.#proofs.push({
      claim: 'it was killed in the middle of its work',
      holds: life.wasKilled && life.work === undefined,
      detail,
    })
    return life
  }

  /** The second process: recovers what the first one left, is examined, and finishes the input. */
  async #untilFinished(): Promise<Visit> {
    const { expectation, progress } = this.#setting
    const life = await visit(this.#orders, expectation, {
      opened: async (opening, audit) => {
        progress.tell(describeRecovery(opening))
        this.#proofs.push(...(await this.#examine(opening, audit)))
        // What is gone for good is not owed a second time.
        if (!survivesCrash(opening)) this.#record = new AcknowledgementRecord(expectation.commands)
        progress.update(this.#record.commits)
        return 'go'
      },
      acknowledged: (calls) => {
        this.#record.note(calls)
        progress.update(this.#record.commits)
        return false
      },
    })
    this.#proofs.push(...(await proveFinished(life, expectation)))
    return life
  }

  /** A third process: opens what the second one closed. */
  async #lookOnceMore(): Promise<void> {
    let failed: readonly Proof[] = []
    const { opening } = await visit(this.#orders, this.#setting.expectation, {
      opened: async (report, audit) => {
        failed = (await this.#examine(report, audit)).filter(({ holds }) => !holds)
        return 'close'
      },
      acknowledged: () => false,
    })
    const isWhole = failed.length === 0 && opening.appliedTo === this.#setting.expectation.commands
    this.#proofs.push({
      claim: 'after a clean close everything is there again',
      holds: isWhole && opening.recovery.cleanClose,
      detail: isWhole
        ? `${shown(this.#record.commits)} acknowledged commits, opened in ${shown(opening.tookMs)} ms`
        : failed.map(({ claim, detail }) => `not so: ${claim} (${detail})`).join('; '),
    })
  }

  async #examine(opening: OpeningReport, audit: Audit): Promise<Proof[]> {
    const findings = audit.compare(this.#record, opening.compactedBefore)
    return survivesCrash(opening)
      ? proveNothingLost(opening, findings, this.#record, this.#setting.expectation)
      : proveNothingSurvived(opening, findings)
  }
}

function survivesCrash({ capabilities }: OpeningReport): boolean {
  return survivesAtLeast(capabilities.survives.commit, 'process-crash')
}

function describeRecovery({ restoredFrom, replayed, recovery, tookMs }: OpeningReport): string {
  if (recovery.created) return 'a new process found no log and starts anew'
  const from = restoredFrom === undefined ? 'no checkpoint' : `the checkpoint at slot ${shown(restoredFrom)}`
  return `a new process recovered in ${shown(tookMs)} ms: ${from}, then ${shown(replayed)} decisions`
}
