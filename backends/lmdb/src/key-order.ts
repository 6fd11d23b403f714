import { readUnsigned } from './lmdb-format.js'
import type { Node } from './page-node.js'

/** Keys ascend, and stay between those that led here: LMDB would look for others in the wrong place. */
export function orderFlaw(
  nodes: readonly Node[],
  isLeaf: boolean,
  from: Buffer | undefined,
  to: Buffer | undefined,
  integers: boolean,
): string | undefined {
  // The first key of a branch has no meaning.
  const keys = (isLeaf ? nodes : nodes.slice(1)).map(({ key }) => key)
  if (integers && keys.some((key) => key.length !== 8 || readUnsigned(key, 0) === 0))
    return 'wrong key in the free list'
  const compare = integers ? compareIntegers : compareBytes
  const first = keys[0]
  const last = keys.at(-1)
  if (from && first && compare(from, first) > 0) return 'key below those of its page'
  if (to && last && compare(last, to) >= 0) return 'key above those of its page'
  for (let index = 1; index < keys.length; index++) {
    if (compare(keys[index - 1]!, keys[index]!) >= 0) return 'keys out of order'
  }
  return undefined
}

function compareIntegers(a: Buffer, b: Buffer): number {
  const x = a.readBigUInt64LE(0)
  const y = b.readBigUInt64LE(0)
  return x < y ? -1 : x > y ? 1 : 0
}

function compareBytes(a: Buffer, b: Buffer): number {
  return a.compare(b)
}
