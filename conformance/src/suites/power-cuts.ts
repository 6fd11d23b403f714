import { MountedImage, type FileSystem } from '../power/mounted-image.js'
import { PowerRun } from '../power/power-run.js'
import type { CaseContext } from '../running/case-context.js'
import { needs, type Case } from './case.js'

/** Dozens of processes and mounts, in ms: only what hangs takes so long. */
const CUTS_TIMEOUT_MS = 1_800_000

/** Calls between two cuts. */
const CALLS = 60

const FILE_SYSTEMS: readonly FileSystem[] = ['ext4', 'xfs']

/** What all cases here have in common. */
function powerCase(
  id: string,
  title: string,
  fileSystem: FileSystem,
  cuts: (run: PowerRun, ctx: CaseContext) => Promise<void>,
): Case {
  return {
    id,
    title,
    requires: needs('power-loss'),
    tier: 3,
    facilities: [fileSystem],
    spawns: true,
    timeoutMs: CUTS_TIMEOUT_MS,
    run: (ctx) =>
      MountedImage.use({ fileSystem }, async (image) => {
        const run = new PowerRun(ctx, image)
        await cuts(run, ctx)
        await run.check()
      }),
  }
}

/** Real power cuts under real file systems: what is only in the page cache, in a map or in the journal's memory is gone. */
export const powerCutCases: readonly Case[] = FILE_SYSTEMS.flatMap((fileSystem) => [
  powerCase(
    `dur.power-cut-${fileSystem}`,
    `holds what it acknowledged after power cuts on ${fileSystem}, under load and in recovery, and goes on after each`,
    fileSystem,
    async (run, ctx) => {
      // The budget is for both file systems, and a third of the cuts fall into recovery.
      const cycles = Math.max(1, Math.round(ctx.budgets.powerCuts / FILE_SYSTEMS.length / 1.5))
      for (let cycle = 0; cycle < cycles; cycle++) {
        await run.cutDuring(CALLS)
        if (cycle % 2 === 0) await run.cutWhileOpening()
        if (cycle % 3 === 2) await run.check()
      }
    },
  ),
  powerCase(
    `dur.power-cut-at-creation-${fileSystem}`,
    `opens as a new log, or as the one it is, when the power was cut on ${fileSystem} while it was created or right after`,
    fileSystem,
    async (run) => {
      await run.cutWhileOpening()
      await run.cutWhenOpen()
    },
  ),
])
