import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs'
import type { CellMessage } from './cell-child.js'

/** What the rounds of a run have in common: rounds of another one must not be mixed with them. */
export type Conditions = Readonly<Record<string, string | number>>

interface Line {
  readonly cell: string
  readonly round: number
  readonly message: CellMessage
}

/** Keeps every finished round in a file, one JSON text per line, so that an interrupted run goes on from there. */
export class Journal {
  readonly #file: string
  readonly #known = new Map<string, CellMessage>()

  /** Takes over what the file holds; throws when that was measured under other conditions. */
  constructor(file: string, conditions: Conditions) {
    this.#file = file
    const [first, ...rounds] = existsSync(file) ? wholeLines(file) : []
    if (first === undefined) {
      this.#append({ journal: FORMAT, conditions })
      return
    }
    checkConditions(file, first, conditions)
    for (const line of rounds) {
      const { cell, round, message } = JSON.parse(line) as Line
      this.#known.set(keyOf(cell, round), message)
    }
  }

  /** How a round ended earlier. */
  find(cell: string, round: number): CellMessage | undefined {
    return this.#known.get(keyOf(cell, round))
  }

  add(cell: string, round: number, message: CellMessage): void {
    this.#append({ cell, round, message })
  }

  #append(line: unknown): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`)
  }
}

const FORMAT = 1

const keyOf = (cell: string, round: number): string => `${round} ${cell}`

/** A run that was killed may have left a part of its last line: that round is run again. */
function wholeLines(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole))
  return whole.split('\n').filter((line) => line !== '')
}

function checkConditions(file: string, line: string, wanted: Conditions): void {
  const found = conditionsIn(line)
  if (found === undefined) throw new Error(`${file} is no journal of this benchmark (format ${FORMAT})`)
  for (const [name, value] of Object.entries(wanted)) {
    if (found[name] !== value)
      throw new Error(`${file} was measured with ${name} ${found[name]}, not ${value}: name another file`)
  }
}

function conditionsIn(line: string): Conditions | undefined {
  try {
    const { journal, conditions } = JSON.parse(line) as { journal?: unknown; conditions?: Conditions }
    return journal === FORMAT ? conditions : undefined
  } catch {
    // Whatever the file holds, it is none of ours: the caller says so.
    return undefined
  }
}
