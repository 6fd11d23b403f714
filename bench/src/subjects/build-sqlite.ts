import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

/** The newest version that works on Node.js 20. */
export const SQLITE_VERSION = '12.11.1'
/** Git ignores it; whoever deletes it gets it built anew. */
const CACHE = join(import.meta.dirname, '../../../.cache')
const HOME = join(CACHE, `better-sqlite3-${SQLITE_VERSION}-abi${process.versions.modules}`)
const PACKAGE = join(HOME, 'node_modules/better-sqlite3')
const BINARY = join(PACKAGE, 'build/Release/better_sqlite3.node')

const run = promisify(execFile)

/** Where better-sqlite3 is, once it was built; `undefined` before. */
export function builtSqlite(): string | undefined {
  return existsSync(BINARY) ? PACKAGE : undefined
}

/**
 * Fetches better-sqlite3 from the registry and compiles it, without its own install script, which would first ask a
 * download server. It takes a minute or two, once. Returns why it cannot be had here, if so.
 */
export async function buildSqlite(say: (line: string) => void): Promise<string | undefined> {
  if (builtSqlite()) return undefined
  say(`building better-sqlite3 ${SQLITE_VERSION} into ${CACHE}, once; this takes a minute or two`)
  try {
    rmSync(HOME, { recursive: true, force: true })
    mkdirSync(HOME, { recursive: true })
    writeFileSync(join(HOME, 'package.json'), '{ "private": true }\n')
    const install = [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `better-sqlite3@${SQLITE_VERSION}`,
    ]
    await run('npm', install, { cwd: HOME })
    await run(process.execPath, [nodeGyp(), 'rebuild', '--release'], {
      cwd: PACKAGE,
      env: buildEnvironment(),
      maxBuffer: MOST_OUTPUT_BYTES,
    })
    return undefined
  } catch (error) {
    rmSync(HOME, { recursive: true, force: true })
    return `better-sqlite3 could not be built: ${lastLine(error)}`
  }
}

const MOST_OUTPUT_BYTES = 64 * 1024 * 1024

function nodeGyp(): string {
  const own = process.env['npm_config_node_gyp']
  return own ?? createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js')
}

/** The headers of this very Node.js, where they lie beside it, rather than downloaded ones. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const prefix = dirname(dirname(realpathSync(process.execPath)))
  const hasHeaders = existsSync(join(prefix, 'include/node/node.h'))
  return hasHeaders ? { npm_config_nodedir: prefix, ...process.env } : process.env
}

function lastLine(error: unknown): string {
  const { stderr } = error as { readonly stderr?: string }
  const lines = (stderr?.trim() || String(error)).split('\n')
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'no reason was given'
}
