import { statfsSync } from 'node:fs'

/** File systems on which a flush proves nothing, by the numbers that Linux gives them, with the reason. */
const NOT_DURABLE: ReadonlyMap<number, readonly [name: string, reason: string]> = new Map([
  [0x0102_1994, ['tmpfs', 'it keeps files in memory, and a flush does nothing']],
  [0x8584_58f6, ['ramfs', 'it keeps files in memory, and a flush does nothing']],
  [0x794c_7630, ['overlay', 'what a flush does depends on the layer below and on how it was mounted']],
])

/** Why what is measured in a directory says nothing about the loss of power; `undefined` where it may. */
export function notDurable(directory: string): string | undefined {
  return whyNotDurable(statfsSync(directory).type)
}

/** The same by the number of a type of file system. */
export function whyNotDurable(type: number): string | undefined {
  // The number is signed on some machines.
  const found = NOT_DURABLE.get(type >>> 0)
  return (
    found &&
    `the logs lie on ${found[0]}: ${found[1]}. Durable figures are not credible; name a --directory on a disk`
  )
}
