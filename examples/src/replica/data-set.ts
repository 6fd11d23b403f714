import { createReadStream } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { messageOf, UserError } from './user-error.js'

/** A command of the input: what is to be decided in the slot of the same number. */
export interface Command {
  readonly slot: number
  /** The bytes of one JSON object. */
  readonly value: Uint8Array
  /** Where it stands in the input, for error messages. */
  readonly place: string
}

/** 200,000 flights of the US Bureau of Transportation Statistics, as packaged by vega-datasets. */
const FLIGHTS = new URL('../data/flights-200k.json', import.meta.resolve('vega-datasets'))

const BYTE_ORDER_MARK = '\ufeff'
const SHOWN_LETTERS = 60

/** The name of an input for people. */
export function nameOfInput(file: string | undefined): string {
  return file ?? 'flights-200k.json (US Bureau of Transportation Statistics, from vega-datasets)'
}

/** The first `limit` commands of a newline-delimited JSON file, or of the flights where no file is named. */
export async function* readCommands(file: string | undefined, limit = Infinity): AsyncGenerator<Command> {
  if (limit <= 0) return
  for await (const command of file === undefined ? flights() : linesOf(file)) {
    yield command
    if (command.slot + 1 >= limit) return
  }
}

async function* flights(): AsyncGenerator<Command> {
  const rows = JSON.parse(await readFile(FLIGHTS, 'utf8')) as readonly unknown[]
  for (const [slot, row] of rows.entries()) {
    yield { slot, value: Buffer.from(JSON.stringify(row)), place: `flight ${slot + 1}` }
  }
}

async function* linesOf(file: string): AsyncGenerator<Command> {
  await checkReadable(file)
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity })
  let slot = 0
  let line = 0
  for await (const raw of lines) {
    line++
    const text = (line === 1 && raw.startsWith(BYTE_ORDER_MARK) ? raw.slice(1) : raw).trim()
    if (text === '') continue
    const place = `${file}:${line}`
    checkObject(text, place)
    yield { slot: slot++, value: Buffer.from(text), place }
  }
}

/** A stream reports a missing file late and without its name. */
async function checkReadable(file: string): Promise<void> {
  let handle
  try {
    handle = await open(file, 'r')
    if ((await handle.stat()).isDirectory()) throw new Error('it is a directory')
  } catch (cause) {
    throw new UserError(`--input ${file} cannot be read: ${messageOf(cause)}`, { cause })
  } finally {
    await handle?.close()
  }
}

function checkObject(text: string, place: string): void {
  const shown = text.length > SHOWN_LETTERS ? `${text.slice(0, SHOWN_LETTERS)}...` : text
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new UserError(`${place}: not JSON (${messageOf(cause)}): ${shown}`, { cause })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new UserError(`${place}: each line must be a JSON object, got ${shown}`)
  }
}
