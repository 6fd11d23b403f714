import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  isPersistentLogError,
  KNOWN_BACKENDS,
  locateBackend,
  openLog,
  resolveBackend,
  type Backend,
  type Capabilities,
} from '@persistent-log/core'
import type { BackendRow } from './backend-row.js'
import { backendsTable } from './backends-table.js'
import { versionAt } from './manifest.js'
import { usableDirectory } from './real-directory.js'
import type { Terminal } from './terminal.js'

/** Options of `plog backends`. */
export interface BackendsOptions {
  readonly json?: boolean
  readonly open?: boolean
}

/** Lists the known backends and those that were named; 1 when one of them is there but cannot be used. */
export async function backendsCommand(
  more: readonly string[],
  { json = false, open = false }: BackendsOptions,
  terminal: Terminal,
): Promise<number> {
  const place = open ? await usableDirectory(undefined) : undefined
  const wanted = [
    ...KNOWN_BACKENDS.map(({ name, packageName }) => ({ specifier: name, packageName })),
    ...more.map((specifier) => ({ specifier, packageName: specifier })),
  ]
  const rows: BackendRow[] = []
  for (const { specifier, packageName } of wanted) rows.push(await rowOf(specifier, packageName, place))
  if (json) terminal.out(JSON.stringify(rows, null, 2))
  else for (const line of await backendsTable(rows, open)) terminal.out(line)
  return rows.some(({ problem }) => problem !== undefined) ? 1 : 0
}

async function rowOf(specifier: string, packageName: string, place: string | undefined): Promise<BackendRow> {
  const row = { name: specifier, package: packageName }
  let found: { readonly version: string | undefined } | undefined
  try {
    found = { version: versionAt(locateBackend(specifier)) }
    const backend = await resolveBackend(specifier)
    const { name, summary, needsDirectory } = backend
    const capabilities = place === undefined ? undefined : await capabilitiesOf(backend, place)
    return { ...row, name, installed: true, ...found, summary, needsDirectory, capabilities }
  } catch (error) {
    if (!found && isPersistentLogError(error, 'PLOG_UNKNOWN_BACKEND')) return { ...row, installed: false }
    const problem = error instanceof Error ? error.message : String(error)
    return { ...row, installed: found !== undefined, ...found, problem }
  }
}

async function capabilitiesOf(backend: Backend, place: string): Promise<Capabilities> {
  const directory = await mkdtemp(join(place, 'plog-backends-'))
  try {
    const log = await openLog({ backend, directory })
    const { capabilities } = log
    await log.close()
    return capabilities
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
