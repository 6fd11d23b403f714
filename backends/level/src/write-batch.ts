import { readVarint, skipString, type VarintReader } from './varint.js'

/**
 * A batch, one record of LevelDB's log: 8 bytes sequence number of its first write, 4 bytes number of writes, then each
 * write as a tag, its key, and, where one is stored, its value; both with their length in front.
 */
const headerSize = 12
const deletionTag = 0
const valueTag = 1

/** One write of a batch; without a value, it removes the key. */
export interface BatchWrite {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

/** The writes of a batch, in order; `undefined` when it cannot be read. */
export function readBatch(batch: Uint8Array): BatchWrite[] | undefined {
  const reader: VarintReader = { bytes: batch, at: headerSize, end: batch.length }
  const writes: BatchWrite[] = []
  while (reader.at < reader.end) {
    const tag = readVarint(reader)
    if (tag !== valueTag && tag !== deletionTag) return undefined
    const key = readString(reader)
    const value = tag === valueTag ? readString(reader) : undefined
    if (key === undefined || (tag === valueTag && value === undefined)) return undefined
    writes.push({ key, value })
  }
  return writes
}

function readString(reader: VarintReader): Uint8Array | undefined {
  const begin = reader.at
  if (!skipString(reader)) return undefined
  const length = readVarint({ ...reader, at: begin }) ?? 0
  return reader.bytes.subarray(reader.at - length, reader.at)
}
