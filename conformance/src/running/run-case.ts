import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Capabilities } from '@persistent-log/core'
import type { Case } from '../suites/case.js'
import type { AskedState } from './asked-state.js'
import type { Budgets } from './budgets.js'
import { CaseContext } from './case-context.js'
import { hashText } from './random.js'
import type { Tally } from './tally.js'
import type { Target } from './target.js'

/** How long a case may take unless it says otherwise, in ms. A law never rests on it: it only ends what hangs. */
export const DEFAULT_TIMEOUT_MS = 30_000

/** What all cases of a run share. */
export interface RunSetting {
  readonly target: Target
  readonly backendName: string
  readonly capabilities: Capabilities
  readonly seed: number
  readonly budgets: Budgets
  readonly tally: Tally
  /** The only state or fault that a case tries. */
  readonly askedState?: AskedState | undefined
  /** Where the cases' directories are made; default the system's folder for temporary files. */
  readonly parent?: string | undefined
}

/** Makes a fresh directory, hands it over, and removes it, whatever happens. */
export async function inFreshDirectory<T>(
  parent: string | undefined,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(parent ?? tmpdir(), 'plog-'))
  try {
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Runs one case. Every log that it opened is closed afterwards, also when it failed. */
export function runCase(item: Case, setting: RunSetting): Promise<void> {
  const { askedState } = setting
  const seed = hashText(item.id, setting.seed ^ 0x811c9dc5)
  return inFreshDirectory(setting.parent, async (directory) => {
    const ctx = new CaseContext({ ...setting, directory, seed, state: askedState?.text })
    try {
      await (askedState === undefined ? item.run(ctx) : askedState.watch(ctx, () => item.run(ctx)))
    } finally {
      await ctx.closeAll()
    }
  })
}

/** Like {@link runCase}, but a case that hangs fails after its time. */
export async function runCaseInTime(item: Case, setting: RunSetting): Promise<void> {
  const limitMs = item.timeoutMs ?? DEFAULT_TIMEOUT_MS
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the case did not end within ${limitMs} ms`)), limitMs)
  })
  try {
    await Promise.race([runCase(item, setting), late])
  } finally {
    clearTimeout(timer)
  }
}
