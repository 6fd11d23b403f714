import type { Stats } from 'node:fs'
import { access, constants, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { raise } from '@persistent-log/core'

/** The files that a report is written to, by the option that names each. */
export type ReportFiles = Readonly<Record<'--json' | '--html', string | undefined>>

/** Resolves the files of a report, before a run that takes minutes: each can be written, and none is another one's. */
export async function reportFiles(asked: ReportFiles): Promise<ReportFiles> {
  const json = await writable('--json', asked['--json'])
  const html = await writable('--html', asked['--html'])
  if (json !== undefined && json.id === html?.id) {
    const message = `must be another file than the one of --json, got ${JSON.stringify(asked['--html'])}`
    throw raise.invalidConfig([{ path: '--html', message, value: asked['--html'] }])
  }
  return { '--json': json?.file, '--html': html?.file }
}

/** A file by its path, and by what is the same under any other path. */
interface WritableFile {
  readonly file: string
  readonly id: string
}

async function writable(option: string, asked: string | undefined): Promise<WritableFile | undefined> {
  if (asked === undefined) return undefined
  const file = resolve(asked)
  const refuse = (reason: string, cause?: unknown): Error => {
    const message = `must be a file that can be written, got ${JSON.stringify(asked)}: ${reason}`
    return raise.invalidConfig([{ path: option, message, value: asked }], { cause })
  }
  let found: Stats | undefined
  try {
    found = await stat(file).catch(absent)
    await access(found === undefined ? dirname(file) : file, constants.W_OK)
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause)
  }
  if (found?.isDirectory() === true) throw refuse('it is a directory')
  return { file, id: found === undefined ? file : `${found.dev}:${found.ino}` }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** Writes one file of a report. */
export async function writeReport(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content)
  } catch (cause) {
    throw raise.io('writing the report', { file }, { cause })
  }
}
