// Opens copies of a log, each with another damage to one file, and tells what became of them. A process of its own,
// since damage that is not noticed can end it.
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isPersistentLogError } from '@persistent-log/core/backend'
import { contentOf, openAt } from './logs.js'

const [intact = '', work = '', file = '', kind = '', step = '1', expected = ''] = process.argv.slice(2)
const bytes = readFileSync(join(intact, file))
const outcomes: Record<string, number> = {}
const wrong: string[] = []

for (let at = 0; at < bytes.byteLength; at += Number(step)) {
  rmSync(work, { recursive: true, force: true })
  cpSync(intact, work, { recursive: true })
  writeFileSync(join(work, file), kind === 'cut' ? bytes.subarray(0, at) : flipped(at))
  process.stderr.write(`${at}\n`)
  const outcome = await examine()
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  if (outcome !== 'same' && outcome !== 'PLOG_CORRUPTED') wrong.push(`${at}: ${outcome}`)
}
process.stdout.write(JSON.stringify({ outcomes, wrong }))

function flipped(at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ (1 << (at & 7))
  return copy
}

async function examine(): Promise<string> {
  try {
    const log = await openAt(work)
    try {
      return (await contentOf(log)) === expected ? 'same' : 'WRONG'
    } finally {
      await log.close()
    }
  } catch (error) {
    return isPersistentLogError(error) ? error.code : String(error)
  }
}
