import { isPersistentLogError, type PersistentLog } from '@persistent-log/core'
import { newState } from '../model/model-state.js'
import { Model } from '../model/model.js'
import { Refusal } from '../model/refusal.js'
import type { Step } from '../model/commands.js'
import { randomSteps } from '../model/steps.js'
import { outcomeOf } from '../running/assertions.js'
import { dump } from '../running/dump.js'
import { checkComparison } from '../running/options.js'
import { inFreshDirectory } from '../running/fresh-directory.js'
import {
  openLogUnderTest,
  orderFor,
  specifierText,
  type BackendSpecifier,
  type OpenConfig,
} from '../running/target.js'

/** One of the two logs. */
export interface Contestant {
  readonly backend: BackendSpecifier
  /** The configuration for a directory: plain JSON. Default: none. */
  readonly config?: ((directory: string) => OpenConfig) | undefined
}

/** What to compare. */
export interface DifferentialOptions {
  readonly backends: readonly [Contestant, Contestant]
  readonly seed: number
  /** Calls of the history. Default 500. */
  readonly calls?: number | undefined
  /** Where the logs are made. Default: the system's temporary folder. */
  readonly directory?: string | undefined
}

/** The first point at which two logs were not the same. */
export interface Difference {
  /** The place of the call in the history, from 0. */
  readonly at: number
  readonly call: string
  /** `answer`: they answered differently. `state`: they hold something else after it. */
  readonly kind: 'answer' | 'state'
  /** What each of them showed, as text. */
  readonly shown: readonly [string, string]
}

/** What came of a comparison. */
export interface DifferentialReport {
  readonly seed: number
  readonly calls: number
  readonly difference?: Difference | undefined
}

const DEFAULT_CALLS = 500

/** After so many calls fresh logs are opened: the steps know few slots, and all of them are decided by then. */
const CALLS_PER_LOG = 40

/**
 * Runs one random history on two logs, call by call, and stops where they answer differently or hold something else. A
 * refusal for which the law leaves a choice of codes is the same whichever of them is chosen.
 */
export async function compareBackends(options: DifferentialOptions): Promise<DifferentialReport> {
  checkComparison(options)
  const { seed, calls = DEFAULT_CALLS } = options
  const steps = randomSteps(seed, calls)
  for (let from = 0; from < calls; from += CALLS_PER_LOG) {
    const found = await compareFresh(options, steps.slice(from, from + CALLS_PER_LOG))
    if (found) return { seed, calls, difference: { ...found, at: from + found.at } }
  }
  return { seed, calls }
}

function compareFresh(
  { backends: [first, second], directory }: DifferentialOptions,
  steps: readonly Step[],
): Promise<Difference | undefined> {
  return inFreshDirectory(directory, (left) =>
    inFreshDirectory(directory, async (right) => {
      const opened = [await open(first, left)]
      try {
        opened.push(await open(second, right))
        return await firstDifference(opened as [PersistentLog, PersistentLog], steps)
      } finally {
        for (const log of opened) await log.close()
      }
    }),
  )
}

function open({ backend, config = () => ({}) }: Contestant, directory: string): Promise<PersistentLog> {
  return openLogUnderTest(orderFor({ backend: specifierText(backend), config }, directory))
}

async function firstDifference(
  logs: readonly [PersistentLog, PersistentLog],
  steps: readonly Step[],
): Promise<Difference | undefined> {
  const model = new Model(newState(0))
  for (const [at, step] of steps.entries()) {
    const allowed = await allowedCodes(model, step)
    const answers = [await answerOf(step, logs[0]), await answerOf(step, logs[1])] as const
    const isChoice = answers.every((answer) => allowed.some((code) => answer.startsWith(`refused: ${code}`)))
    if (answers[0] !== answers[1] && !isChoice) {
      return { at, call: step.name, kind: 'answer', shown: answers }
    }
    const states = [await stateOf(logs[0]), await stateOf(logs[1])] as const
    if (states[0] !== states[1]) return { at, call: step.name, kind: 'state', shown: differingLines(states) }
  }
  return undefined
}

async function allowedCodes(model: Model, step: Step): Promise<readonly string[]> {
  const { error } = await outcomeOf(async () => step.model(model))
  return error instanceof Refusal ? error.codes : []
}

async function answerOf({ real, answer }: Step, log: PersistentLog): Promise<string> {
  const { error, value } = await outcomeOf(() => real(log))
  if (isPersistentLogError(error)) return `refused: ${error.code}`
  if (error instanceof Error) return `failed: ${error.name}: ${error.message}`
  return answer ? (JSON.stringify(answer(value), inOrder) ?? 'undefined') : 'done'
}

/** The order of the fields of an object says nothing. */
const inOrder = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort())
    : value

const stateOf = async (log: PersistentLog): Promise<string> => JSON.stringify(await dump(log), inOrder, 1)

/** The lines that only one of the two has. */
function differingLines([a, b]: readonly [string, string]): readonly [string, string] {
  const only = (one: string, other: string): string => {
    const known = new Set(other.split('\n'))
    return one
      .split('\n')
      .filter((line) => !known.has(line))
      .map((line) => line.trim())
      .join(' ')
  }
  return [only(a, b), only(b, a)]
}
