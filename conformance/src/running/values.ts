import type { Ballot, Decision, Proposal } from '@persistent-log/core'

/** A ballot, short enough to be read in a case. */
export function ballot(round: number, nodeId = 0): Ballot {
  return { round, nodeId }
}

/** The bytes of a text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** The text in some bytes. */
export function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : new TextDecoder().decode(value)
}

/** A value of the given length in which no two neighbouring stretches are alike. */
export function patterned(length: number, start = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (start + at * 31 + (at >> 8) * 7) & 0xff)
}

/** A proposal or decision; the value is a text, by default one that names slot and round. */
export function proposal(
  slot: number,
  round = 1,
  value: string | Uint8Array = `value ${slot}.${round}`,
  nodeId = 0,
): Proposal & Decision {
  return { slot, ballot: ballot(round, nodeId), value: typeof value === 'string' ? bytes(value) : value }
}

/** Proposals for `count` slots from `from` on. */
export function proposals(from: number, count: number, round = 1): (Proposal & Decision)[] {
  return Array.from({ length: count }, (_, at) => proposal(from + at, round))
}

/** Lower-case hex: byte arrays are compared and shown as text. */
export function hex(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
}

/** All chunks of a stream as one. */
export async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(Uint8Array.from(chunk))
  return Uint8Array.from(Buffer.concat(all))
}
