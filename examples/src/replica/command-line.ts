import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isPersistentLogError, KNOWN_BACKENDS, resolveBackend } from '@persistent-log/core'
import { messageOf, UserError } from './user-error.js'

/** What the user asked for. */
export interface Choices {
  readonly backends: readonly string[]
  readonly input: string | undefined
  readonly commands: number | undefined
  readonly directory: string | undefined
  readonly seed: number
}

export const USAGE = `The life of one replica: it works, is killed with SIGKILL, recovers, and proves that nothing was lost.

  npm start                                   on every backend, with 200,000 flights
  npm start -- --backend level --input FILE   on one backend, with your own commands

  --backend NAME    faster, lmdb, level, memory, the name of an npm package, or all (default)
  --input FILE      newline-delimited JSON, one object per line
  --commands N      only the first N commands
  --directory DIR   where the logs are made (default: a temporary directory on a disk)
  --seed N          repeats the choices of an earlier run, the moment of the kill among them
  --help            this text`

/** The order of the table: the default backend first. */
const ALL_BACKENDS = ['faster', 'lmdb', 'level', 'memory']
const MAX_SEED = 2 ** 32 - 1

/** Reads the command line; undefined when only help was asked for. */
export async function readCommandLine(words: readonly string[]): Promise<Choices | undefined> {
  const { help, backend, input, commands, directory, seed } = parse(words)
  if (help === true) return undefined
  if (input !== undefined && !existsSync(fromUser(input)))
    throw new UserError(`--input ${input}: no such file`)
  return {
    backends: await backendsOf(backend),
    input: input === undefined ? undefined : fromUser(input),
    commands:
      commands === undefined ? undefined : integerOf('--commands', commands, 1, Number.MAX_SAFE_INTEGER),
    directory: directory === undefined ? undefined : fromUser(directory),
    seed: seed === undefined ? Math.floor(Math.random() * MAX_SEED) : integerOf('--seed', seed, 0, MAX_SEED),
  }
}

/** A path as the user means it: npm changes to the root of the project before it runs a script. */
const fromUser = (path: string): string => resolve(process.env.INIT_CWD ?? '', path)

function parse(words: readonly string[]) {
  const text = { type: 'string' } as const
  const options = {
    backend: { ...text, default: 'all' },
    input: text,
    commands: text,
    directory: text,
    seed: text,
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ args: [...words], options }).values
  } catch (cause) {
    throw new UserError(`${messageOf(cause)}\n\n${USAGE}`, { cause })
  }
}

async function backendsOf(choice: string): Promise<readonly string[]> {
  if (choice === 'all') return ALL_BACKENDS
  try {
    await resolveBackend(choice)
    return [choice]
  } catch (cause) {
    if (!isPersistentLogError(cause, 'PLOG_UNKNOWN_BACKEND')) throw cause
    const known = [...ALL_BACKENDS, ...KNOWN_BACKENDS.map(({ name }) => name), 'all']
    const names = [...new Set(known)].join(', ')
    throw new UserError(
      `--backend ${choice}: unknown backend; known are ${names}, or an installed npm package`,
      {
        cause,
      },
    )
  }
}

function integerOf(option: string, text: string, from: number, to: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= from && value <= to) return value
  throw new UserError(`${option} must be an integer from ${from} to ${to}, got "${text}"`)
}
