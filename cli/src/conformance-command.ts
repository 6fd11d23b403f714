import { resolve } from 'node:path'
import process from 'node:process'
import { locateBackend, openContext, raise, resolveBackend } from '@persistent-log/core'
import type { BudgetName, ConformanceReport, Tier } from '@persistent-log/conformance'
import type { CertificateFacts } from './certificate/certificate.js'
import { conformanceProgress } from './conformance-progress.js'
import { conformanceSummary } from './conformance-summary.js'
import { versionAt } from './manifest.js'
import { withOptionNames } from './named-options.js'
import { realDirectory, usableDirectory } from './real-directory.js'
import { reportFiles, writeReport, type ReportFiles } from './report-files.js'
import { shownError } from './shown-error.js'
import type { Terminal } from './terminal.js'
import { version } from './version.js'
import { readWaivers } from './waivers.js'

/** Options of `plog conformance`. */
export interface ConformanceCommandOptions {
  readonly json?: string
  readonly html?: string
  readonly seed?: number
  readonly only?: readonly string[]
  readonly case?: string
  readonly state?: string
  readonly tier?: readonly Tier[]
  readonly require?: readonly Tier[]
  readonly budget?: BudgetName
  readonly directory?: string
  readonly options?: string
  readonly waivers?: string
}

/** Runs the conformance kit over a backend; 1 on any failure. */
export async function conformanceCommand(
  specifier: string,
  { json, html, directory, options, ...asked }: ConformanceCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const budget = asked.budget ?? budgetFor(asked.tier)
  // All that can be wrong is found out before a run that takes minutes.
  const module = locateBackend(specifier)
  const backend = await resolveBackend(specifier)
  const section = options === undefined ? {} : { options: { [backend.name]: sectionOf(options) } }
  const place = await (backend.needsDirectory ? realDirectory : usableDirectory)(directory)
  openContext(backend, { config: { backend, directory: '.', ...section }, relativeTo: process.cwd() })
  const files = await reportFiles({ '--json': json, '--html': html })

  const { allCases, nameOfBudgets, newTally, runConformance } = await import('@persistent-log/conformance')
  const waivers =
    asked.waivers === undefined ? undefined : await readWaivers(resolve(asked.waivers), allCases)
  const tally = newTally()
  const progress = await conformanceProgress(terminal, tally)
  let report: ConformanceReport
  try {
    const names = { only: asked.case === undefined ? '--only' : '--case', directory: '--directory' }
    report = await withOptionNames(names, () =>
      runConformance({
        // A URL: the child processes of the kit find the module where this process found it.
        backend: module,
        config: () => section,
        directory: place,
        seed: asked.seed,
        only: asked.case === undefined ? asked.only : [asked.case],
        state: asked.state,
        waivers,
        tiers: asked.tier,
        require: asked.require,
        budgets: budget,
        tally,
        // At once: a run that is killed has no last line that says how to repeat it.
        onBegin: ({ backend: name, seed, tiers, budgets, cases }) => {
          const replay = `--seed ${seed} --tier ${tiers.join(',')} --budget ${nameOfBudgets(budgets) ?? 'quick'}`
          terminal.err(`${name}: ${cases} cases; replay with ${replay}`)
        },
        onStart: (started) => progress.onStart(started),
        onCase: (result) => progress.onCase(result),
      }),
    )
  } finally {
    progress.stop()
  }
  // First of all, whatever becomes of the files.
  for (const line of conformanceSummary(report)) terminal.out(line)
  const isWritten = await writeFiles(files, report, terminal, {
    backendVersion: versionAt(module),
    kitVersion: version(),
    budget,
    options,
    isWhole: asked.only === undefined && asked.case === undefined && asked.state === undefined,
    date: new Date(),
  })
  return isWritten && report.failed === 0 && report.ackedWrites.lost === 0 ? 0 : 1
}

/** Writes each of the files, whatever becomes of the other; false when one could not be written. */
async function writeFiles(
  { '--json': json, '--html': html }: ReportFiles,
  report: ConformanceReport,
  terminal: Terminal,
  facts: CertificateFacts,
): Promise<boolean> {
  const written: Promise<void>[] = []
  if (json !== undefined) written.push(writeReport(json, `${JSON.stringify(report, null, 2)}\n`))
  if (html !== undefined) {
    const { certificate } = await import('./certificate/certificate.js')
    written.push(writeReport(html, certificate(report, facts)))
  }
  const ends = await Promise.allSettled(written)
  for (const end of ends) if (end.status === 'rejected') terminal.err(shownError(end.reason))
  return ends.every(({ status }) => status === 'fulfilled')
}

/** Who asks for all tiers asks for the whole examination. */
function budgetFor(tiers: readonly Tier[] = []): BudgetName {
  return ([1, 2, 3] as const).every((tier) => tiers.includes(tier)) ? 'full' : 'quick'
}

function sectionOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    const message = `must be JSON: ${error instanceof Error ? error.message : String(error)}`
    throw raise.invalidConfig([{ path: '--options', message, value: text }])
  }
}
