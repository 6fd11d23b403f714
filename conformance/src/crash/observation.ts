import { createHash } from 'node:crypto'
import type { PersistentLog } from '@persistent-log/core'
import { dump, type Dump } from '../running/dump.js'
import { hex } from '../running/values.js'
import { CONFIGURATION_NAMES } from './operation.js'

/** All that a log shows, as plain JSON: what one process saw can be compared with what another expects. */
export interface Observation extends Dump {
  /** `name version value-in-hex` */
  readonly configurations: readonly string[]
  /** `slot SHA-256`, of the states as they were read. */
  readonly states: readonly string[]
}

/** The SHA-256 of some bytes in lower-case hex. */
export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

/** Without the fields that are absent, as JSON leaves them out too. */
export const asPlain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

/** Reads everything that a log holds. */
export async function observe(log: PersistentLog): Promise<Observation> {
  const configurations: string[] = []
  for (const name of CONFIGURATION_NAMES) {
    const record = await log.configuration.load(name)
    if (record !== undefined) configurations.push(`${name} ${record.version} ${hex(record.value)}`)
  }
  const states: string[] = []
  for (const { slot } of await log.checkpoints.list()) {
    const hash = createHash('sha256')
    for await (const chunk of log.checkpoints.read(slot)) hash.update(chunk)
    states.push(`${slot} ${hash.digest('hex')}`)
  }
  return asPlain({ ...(await dump(log)), configurations, states })
}

/** The lines in which two observations differ: what is only in the first (`-`) or only in the second (`+`). */
export function differences(expected: Observation, found: Observation): string[] {
  const [before, after] = [lines(expected), lines(found)]
  return [
    ...[...before].filter((line) => !after.has(line)).map((line) => `- ${line}`),
    ...[...after].filter((line) => !before.has(line)).map((line) => `+ ${line}`),
  ]
}

const lines = ({ bounds, promised, ...lists }: Observation): Set<string> =>
  new Set([
    ...Object.entries(bounds).map(([name, value]) => `${name} is ${JSON.stringify(value)}`),
    `promised is ${JSON.stringify(promised)}`,
    ...Object.entries(lists).flatMap(([list, items]) => items.map((item) => `${list}: ${item}`)),
  ])
