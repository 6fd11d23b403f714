import { readdir } from 'node:fs/promises'
import { isPersistentLogError } from '@persistent-log/core'
import { inTime } from './in-time.js'
import { noEndDuring } from './no-end-during.js'
import { loadBackend, openLogUnderTest, orderFor, type Target, type TargetFacts } from './target.js'
import { reasonOf } from './reason.js'

/** In ms: only what hangs takes so long. */
const STEP_LIMIT_MS = 30_000

/** Opens a throw-away log to see what it is. What goes wrong names the backend and the step. */
export async function inspectTarget(
  target: Target,
  directory: string,
  limitMs = STEP_LIMIT_MS,
): Promise<TargetFacts> {
  const { name } = await step(`loading ${target.backend}`, limitMs, () => loadBackend(target.backend))
  const log = await step(`opening a log of ${name}`, limitMs, () =>
    openLogUnderTest(orderFor(target, directory)),
  )
  const { backend, capabilities } = log
  await step(`closing a log of ${name}`, limitMs, () => log.close())
  return { backend, capabilities, files: await readdir(directory) }
}

async function step<T>(doing: string, limitMs: number, act: () => Promise<T>): Promise<T> {
  try {
    const late = `it did not end within ${limitMs} ms`
    return await noEndDuring(doing, () => inTime(act(), limitMs, late))
  } catch (error) {
    // An error of a log says all.
    throw isPersistentLogError(error) ? error : failureOf(doing, error)
  }
}

/** With the stack of what was thrown, if that was an error. */
function failureOf(doing: string, cause: unknown): Error {
  const failure = new Error(`${doing} failed: ${reasonOf(cause)}`, {
    cause,
  })
  const frames = cause instanceof Error ? /\n {4}at [^]*$/.exec(cause.stack ?? '')?.[0] : ''
  failure.stack = `Error: ${failure.message}${frames ?? ''}`
  return failure
}
