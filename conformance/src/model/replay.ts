import { invalid, variable } from '../running/check.js'

/** Replays one history: `seed/path/replayPath`, as a failure prints it. */
export const REPLAY_VARIABLE = 'PLOG_CONFORMANCE_REPLAY'

/** A history that is made again: from a seed, or one of an earlier failure. */
export interface Replay {
  readonly seed: number
  readonly path?: string | undefined
  readonly replayPath?: string | undefined
}

/** The seed of fast-check, the place of the history, and the steps of it that matter. */
const PRINTED = /^(?<seed>-?\d+)\/(?<path>\d+(?::\d+)*)\/(?<steps>(?:[A-Za-z0-9+/]+:[A-Za-z0-9+/]+)?)$/

/** The history that the environment asks for. */
export function replayWanted(): Replay | undefined {
  const wanted = variable(REPLAY_VARIABLE)
  if (wanted === undefined) return undefined
  const { seed, path, steps } = PRINTED.exec(wanted)?.groups ?? {}
  if (seed === undefined)
    throw invalid(REPLAY_VARIABLE, 'must be as a failure prints it, like 7/12:0:1/AAB:F', wanted)
  return { seed: Number(seed), path, replayPath: steps || undefined }
}
