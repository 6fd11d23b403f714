import { readFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { join, resolve, sep } from 'node:path'
import { SQLITE_VERSION } from '../subjects/build-sqlite.js'
import { commitName } from './code-state.js'
import { notDurable } from './file-system.js'
import { MACHINE } from './machine-subject.js'
import { median, type CellResult } from '../harness/measures.js'

/** What the numbers of a run depend on: the machine, its file system, its limits as measured in the same rounds. */
export function describeEnvironment(
  directory: string,
  results: readonly CellResult[],
  given: readonly string[],
): Record<string, string | number> {
  const warning = notDurable(directory)
  return {
    date: new Date().toISOString(),
    cpu: cpuName(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${platform()} ${arch()} ${release()}`,
    node: process.version,
    fileSystem: fileSystemOf(directory),
    loadAverage: loadavg()[0] ?? 0,
    commit: commitName(),
    arguments: given.join(' '),
    rounds: Math.max(0, ...results.map(({ rounds }) => rounds.length)),
    engines: engines(),
    ...(warning === undefined ? {} : { warning }),
    ...limits(results),
  }
}

/** The model of the processor. */
export function cpuName(): string {
  return cpus()[0]?.model.trim() ?? 'unknown'
}

function limits(results: readonly CellResult[]): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { backend, workload, rounds, medianNs } of results) {
    if (backend !== MACHINE || medianNs === undefined) continue
    if (workload === 'kernel-k') found['kernelKNs'] = medianNs
    if (workload === 'memory-copy') found['memoryCopyBytesPerSecond'] = (64 * 1024 * 1024 * 1e9) / medianNs
    if (workload === 'flush-1') {
      found['fdatasyncP50Us'] = median(rounds.map(({ latency }) => latency.p50)) / 1_000
      found['fdatasyncP99Us'] = median(rounds.map(({ latency }) => latency.p99)) / 1_000
    }
  }
  return found
}

/** Type and device of the mount that holds a directory; only Linux tells. */
export function fileSystemOf(directory: string): string {
  if (platform() !== 'linux') return 'unknown'
  const path = resolve(directory)
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, point = '']) => path === point || path.startsWith(point.endsWith(sep) ? point : point + sep))
    .sort(([, a = ''], [, b = '']) => a.length - b.length)
  // The last of equal mount points hides the others.
  const [device = '', , type = 'unknown'] = mounts.at(-1) ?? []
  return `${type} (${device})`
}

/** The versions of the engines beside which we are measured. */
function engines(): string {
  const manifest = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')
  const { dependencies } = JSON.parse(manifest) as { readonly dependencies: Record<string, string> }
  const versions = ['lmdb', 'classic-level'].map((name) => `${name} ${dependencies[name]}`)
  return [...versions, `better-sqlite3 ${SQLITE_VERSION}`].join(', ')
}
