import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { Tier } from '../running/tiers.js'
import { fileSystemType, memoryFileSystem } from './file-system.js'

/** What a case may need of the machine beside files and processes. */
export type Facility = 'disk' | 'strace' | 'loop' | 'ext4' | 'xfs'

/** Why a facility is missing; what is not listed is there. */
export interface Host {
  readonly missing: Readonly<Partial<Record<Facility, string>>>
}

/** What every case of a tier needs. */
const TIER_NEEDS: Readonly<Record<Tier, readonly Facility[]>> = { 1: [], 2: ['strace'], 3: ['loop'] }

/** Why the machine cannot run a case of this tier that needs these facilities too; `undefined` when it can. */
export function whyNotHere(host: Host, tier: Tier, more: readonly Facility[] = []): string | undefined {
  return [...TIER_NEEDS[tier], ...more]
    .map((facility) => host.missing[facility])
    .find((reason) => reason !== undefined)
}

/** Looks at the machine, as far as these tiers need it, and at the file system that the logs are made on. */
export async function inspectHost(tiers: readonly Tier[], directory = tmpdir()): Promise<Host> {
  const missing: Partial<Record<Facility, string>> = {}
  const note = (facility: Facility, reason: string | undefined): void => {
    if (reason !== undefined) missing[facility] = reason
  }
  note('disk', whyNoDisk(directory, await fileSystemType(directory)))
  if (tiers.includes(2)) note('strace', whyNoStrace())
  if (tiers.includes(3)) {
    note('loop', whyNoLoop())
    note('ext4', whyNoProgram('mkfs.ext4', '-V'))
    note('xfs', whyNoProgram('mkfs.xfs', '-V'))
  }
  return { missing }
}

/** Why a directory on this type of file system is none to crash in; `undefined` when it is one. */
export function whyNoDisk(directory: string, type: number): string | undefined {
  const name = memoryFileSystem(type)
  if (name === undefined) return undefined
  return `${directory} is on ${name}, where a flush proves nothing; choose a directory on a disk`
}

/** Runs a program for its exit code alone. */
function whyNoProgram(program: string, ...argv: readonly string[]): string | undefined {
  const { error, status, stderr } = spawnSync(program, argv, { encoding: 'utf8' })
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return `${program} is not installed`
  if (error) return `${program} cannot be run: ${error.message}`
  return status === 0 ? undefined : `${program} fails: ${stderr.trim().split('\n').at(-1)}`
}

/** The kit attaches to a process that runs already: some systems forbid that, or any tracing. */
const YAMA_FILE = '/proc/sys/kernel/yama/ptrace_scope'

const isRoot = (): boolean => process.getuid?.() === 0

function whyNoStrace(): string | undefined {
  if (process.platform !== 'linux') return `strace runs on Linux only, and this is ${process.platform}`
  const scope = existsSync(YAMA_FILE) ? Number(readFileSync(YAMA_FILE, 'utf8')) : 0
  if (scope > 2 || (scope > 0 && !isRoot()))
    return `${YAMA_FILE} is ${scope}: a process may not trace another one`
  return whyNoProgram('strace', '-o', '/dev/null', '-e', 'inject=fdatasync:error=EIO', 'true')
}

function whyNoLoop(): string | undefined {
  if (process.platform !== 'linux') return `loop devices are Linux, and this is ${process.platform}`
  if (!isRoot()) return 'only root may mount a file system'
  if (!existsSync('/dev/loop-control')) return 'there are no loop devices (/dev/loop-control)'
  return (
    whyNoProgram('losetup', '--find') ?? whyNoProgram('mount', '--version') ?? whyNoProgram('perl', '-e', '0')
  )
}
