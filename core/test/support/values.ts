import type { Ballot, PersistentLog } from '../../src/contract/index.js'

/** The ballot of a round, by node 0. */
export const ballot = (round: number, nodeId = 0): Ballot => ({ round, nodeId })

/** The UTF-8 bytes of a text. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The text of UTF-8 bytes. */
export const text = (value: Uint8Array): string => new TextDecoder().decode(value)

/** Learns `v<slot>` in each slot. */
export async function learn(log: PersistentLog, ...slots: number[]): Promise<void> {
  for (const slot of slots) await log.learn({ slot, ballot: ballot(1), value: bytes(`v${slot}`) })
}
