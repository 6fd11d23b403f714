import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isPersistentLogError, raise } from '@persistent-log/core/backend'
import type { LevelFinding } from './finding.js'
import { applyEdit, emptyManifest, type ManifestState } from './manifest.js'
import { logsIn, scanLog, type LogScan } from './record-log.js'
import { checkTable } from './table-check.js'

export type { LevelFinding } from './finding.js'

export interface LevelCheckOptions {
  /** Also read every live table and verify the checksum of each block. Costs a read of the whole store. */
  readonly tables?: boolean
}

/** What a check found, and what LevelDB will do when it opens the store. */
export interface LevelCheck {
  readonly findings: readonly LevelFinding[]
  /** The names of the logs that it will replay, and then remove, oldest first. */
  readonly logs: readonly string[]
}

/** Something else stands where a file should. */
const NO_FILE: ReadonlySet<string> = new Set(['EISDIR', 'ENOTDIR', 'ELOOP'])

/**
 * Checks the files of a LevelDB store before LevelDB opens it. This is needed because LevelDB, as it is bundled,
 * replays its logs without telling about damage: it drops a bad block, opens, and the acknowledged writes in it
 * are gone; the replay then deletes the log, and with it the evidence.
 *
 * The store must not be open. Nothing is written. A file that is missing, or none at all, is a finding; one that the
 * operating system does not hand out rejects with `PLOG_IO`: that says nothing of what is in it.
 */
export async function checkLevelDirectory(
  directory: string,
  options: LevelCheckOptions = {},
): Promise<LevelCheck> {
  const findings: LevelFinding[] = []
  let logs: readonly string[] = []
  try {
    const names = await readdir(directory)
    const manifest = await checkManifest(directory, findings)
    logs = await checkLogs(directory, names, manifest, findings)
    if (manifest) await checkTables(directory, names, manifest, options.tables ?? false, findings)
  } catch (error) {
    if (isPersistentLogError(error)) throw error
    findings.push(unreadable(directory, '.', error))
  }
  return { findings, logs }
}

async function checkManifest(
  directory: string,
  findings: LevelFinding[],
): Promise<ManifestState | undefined> {
  const current = await read(directory, 'CURRENT', findings)
  if (!current) return undefined
  const name = /^(MANIFEST-\d{6,})\n$/.exec(current.toString('latin1'))?.[1]
  if (!name) {
    findings.push(corrupt('CURRENT', 0, 'does not name a MANIFEST'))
    return undefined
  }
  const bytes = await read(directory, name, findings)
  if (!bytes) return undefined
  const scan = scanLog(bytes)
  report(name, bytes.length, scan, true, findings)
  const state = emptyManifest()
  for (const { offset, data } of scan.records) {
    if (!applyEdit(state, data)) {
      findings.push(corrupt(name, offset, 'unreadable version edit'))
      return undefined
    }
  }
  if (state.logNumber === undefined || state.nextFile === undefined || state.lastSequence === undefined) {
    findings.push(corrupt(name, bytes.length, 'ends before the store was described completely'))
    return undefined
  }
  return state
}

/** Reads the logs that LevelDB would replay, and returns their names; without a readable MANIFEST, all there are. */
async function checkLogs(
  directory: string,
  names: readonly string[],
  manifest: ManifestState | undefined,
  findings: LevelFinding[],
): Promise<string[]> {
  const logs = logsIn(names)
    .map((name) => ({ name, number: Number.parseInt(name, 10) }))
    .filter(({ number }) => !manifest || number >= manifest.logNumber! || number === manifest.previousLog)
  const from = manifest?.logNumber ?? 0
  if (from > 0 && !logs.some(({ number }) => number === from)) {
    // LevelDB creates a log before it names it, and opens without a word when it is gone.
    findings.push(corrupt(`${String(from).padStart(6, '0')}.log`, 0, 'named in the MANIFEST but missing'))
  }

  const scans: { name: string; size: number; scan: LogScan }[] = []
  for (const { name } of logs) {
    const bytes = await read(directory, name, findings)
    if (bytes) scans.push({ name, size: bytes.length, scan: scanLog(bytes) })
  }
  // An interrupted open leaves a new, empty log behind the torn one; a log with bytes ends that excuse.
  const newest = scans.findLastIndex(({ size }) => size > 0)
  scans.forEach(({ name, size, scan }, index) => report(name, size, scan, index === newest, findings))
  checkSequence(scans, manifest?.lastSequence, findings)
  return logs.map(({ name }) => name)
}

/**
 * Each batch begins with the number of its first write, and they leave no gap, across logs as well. That reveals
 * what checksums cannot: a log that lost its end at the boundary of a record, or a block replaced by an older one.
 */
function checkSequence(
  scans: readonly { name: string; scan: LogScan }[],
  lastSequence: number | undefined,
  findings: LevelFinding[],
): void {
  // Behind known damage there is a gap, and it has been reported.
  if (findings.some(({ kind }) => kind !== 'torn')) return
  let next: number | undefined
  for (const { name, scan } of scans) {
    for (const { offset, data } of scan.records) {
      if (data.length < 12) return void findings.push(corrupt(name, offset, 'record too short for a batch'))
      const sequence = Number(data.readBigUInt64LE(0))
      const wrong = next === undefined ? sequence > (lastSequence ?? sequence) + 1 : sequence !== next
      if (wrong) return void findings.push(corrupt(name, offset, 'writes are missing before this batch'))
      next = sequence + data.readUInt32LE(8)
    }
  }
  const end = scans.at(-1)
  if (end && next !== undefined && next <= (lastSequence ?? 0)) {
    findings.push(corrupt(end.name, 0, 'ends before the last write the MANIFEST knows of'))
  }
}

async function checkTables(
  directory: string,
  names: readonly string[],
  manifest: ManifestState,
  contents: boolean,
  findings: LevelFinding[],
): Promise<void> {
  for (const [number, size] of manifest.tables) {
    const stem = String(number).padStart(6, '0')
    // Older versions of LevelDB used the other suffix, and newer ones still read it.
    const name =
      names.includes(`${stem}.sst`) && !names.includes(`${stem}.ldb`) ? `${stem}.sst` : `${stem}.ldb`
    try {
      const actual = (await stat(join(directory, name))).size
      if (actual !== size) {
        findings.push(corrupt(name, Math.min(actual, size), `has ${actual} bytes, not ${size}`))
      } else if (contents) {
        const bytes = await read(directory, name, findings)
        for (const { offset, reason } of bytes ? checkTable(bytes) : [])
          findings.push(corrupt(name, offset, reason))
      }
    } catch (error) {
      if (isPersistentLogError(error)) throw error
      findings.push(unreadable(directory, name, error))
    }
  }
}

/** Turns damage into findings. What looks like an unfinished write is one only at the end of the newest log. */
function report(name: string, size: number, scan: LogScan, newest: boolean, findings: LevelFinding[]): void {
  const tail = newest ? scan.damage.filter((damage) => damage.tail) : []
  for (const damage of scan.damage) {
    if (!tail.includes(damage)) findings.push(corrupt(name, damage.offset, damage.reason))
  }
  const first = tail[0]
  if (!first) return
  // One record may be damaged in several blocks, and one doubtful block makes the whole of it doubtful.
  const worst = tail.find((damage) => damage.tail === 'ambiguous') ?? first
  findings.push({
    kind: worst.tail!,
    file: name,
    offset: first.record,
    bytes: size - first.record,
    reason: worst.reason,
  })
}

async function read(directory: string, name: string, findings: LevelFinding[]): Promise<Buffer | undefined> {
  try {
    return await readFile(join(directory, name))
  } catch (error) {
    findings.push(unreadable(directory, name, error))
    return undefined
  }
}

function corrupt(file: string, offset: number, reason: string): LevelFinding {
  return { kind: 'corrupt', file, offset, reason }
}

/** Where a name leads to no file, or what is in the file to an error. */
function unreadable(directory: string, name: string, error: unknown): LevelFinding {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  if (code === 'ENOENT') return corrupt(name, 0, 'is missing')
  const isAboutContent = !(error instanceof Error && 'syscall' in error) || NO_FILE.has(code)
  if (isAboutContent) return corrupt(name, 0, `cannot be read (${code})`)
  throw raise.io('open', { file: join(directory, name) }, { cause: error })
}
