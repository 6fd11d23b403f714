import { readFile } from 'node:fs/promises'
import { raise } from '@persistent-log/core'

/** Reasons, by the id of the case that is done without. */
export type Waivers = Readonly<Record<string, string>>

/** Reads a file of waivers, a JSON object; each id must be one of these cases. */
export async function readWaivers(file: string, cases: readonly { readonly id: string }[]): Promise<Waivers> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw raise.io('reading the waivers', { file }, { cause })
  }
  const refuse = (path: string, message: string, value: unknown): Error =>
    raise.invalidConfig([{ path, message: `${message} (in ${file})`, value }])
  let waivers: unknown
  try {
    waivers = JSON.parse(text)
  } catch (error) {
    throw refuse('--waivers', `must be JSON: ${error instanceof Error ? error.message : String(error)}`, text)
  }
  if (typeof waivers !== 'object' || waivers === null || Array.isArray(waivers)) {
    throw refuse('--waivers', 'must be an object of case ids and reasons', waivers)
  }
  for (const [id, reason] of Object.entries(waivers)) {
    if (!cases.some((one) => one.id === id)) throw refuse(`--waivers.${id}`, 'no case has this id', reason)
    if (typeof reason !== 'string' || reason.trim() === '') {
      throw refuse(`--waivers.${id}`, 'must be the reason, as a sentence', reason)
    }
  }
  return waivers as Waivers
}
