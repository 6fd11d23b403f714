import { fdatasync, closeSync, existsSync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Subject, SubjectRequest } from './subject.js'

const flush = promisify(fdatasync)

/**
 * A file and nothing else: pwrite of `length, slot, value` over written blocks, then fdatasync. No checksum and no
 * recovery of a torn end, so it is the limit of the disk and not a log to use.
 */
export function openAppendPeer({ name, directory, survives }: SubjectRequest): Subject {
  const path = join(directory, 'append')
  const isNew = !existsSync(path)
  const fd = openSync(path, isNew ? 'w+' : 'r+')
  if (isNew) recycle(fd)
  const positions: number[] = []
  let end = isNew ? 0 : findRecords(fd, positions)
  const readNow = (slot: number): Uint8Array | undefined => {
    const position = positions[slot]
    if (position === undefined) return undefined
    const value = new Uint8Array(lengthAt(fd, position))
    readSync(fd, value, 0, value.byteLength, position + HEADER_BYTES)
    return value
  }
  return {
    name,
    isStored: true,
    async decide(from, values) {
      const group = encode(from, values)
      let position = end
      for (let index = 0; index < values.length; index++) {
        positions[from + index] = position
        position += HEADER_BYTES + values[index]!.byteLength
      }
      writeAll(fd, group, end)
      end = position
      if (survives === 'power-loss') await flush(fd)
    },
    async read(slot) {
      return readNow(slot)
    },
    readNow,
    async scan(from, to, visit) {
      for (let slot = from; slot < to; slot++) {
        const value = readNow(slot)
        if (value) visit(slot, value)
      }
    },
    async close() {
      closeSync(fd)
    },
  }
}

const HEADER_BYTES = 8
const RECYCLED_BYTES = 32 * 1024 * 1024
const CHUNK_BYTES = 64 * 1024

/** Writes zeros first: a flush over blocks that were written before changes no metadata. */
function recycle(fd: number): void {
  const zeros = new Uint8Array(CHUNK_BYTES)
  for (let at = 0; at < RECYCLED_BYTES; at += CHUNK_BYTES) writeAll(fd, zeros, at)
  fdatasyncSync(fd)
}

function encode(from: number, values: readonly Uint8Array[]): Uint8Array {
  const group = new Uint8Array(values.reduce((sum, value) => sum + HEADER_BYTES + value.byteLength, 0))
  const view = new DataView(group.buffer)
  let at = 0
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!
    view.setUint32(at, value.byteLength, true)
    view.setUint32(at + 4, from + index, true)
    group.set(value, at + HEADER_BYTES)
    at += HEADER_BYTES + value.byteLength
  }
  return group
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.byteLength;) {
    done += writeSync(fd, bytes, done, bytes.byteLength - done, position + done)
  }
}

const header = new DataView(new ArrayBuffer(HEADER_BYTES))

function lengthAt(fd: number, position: number): number {
  return readSync(fd, header, 0, HEADER_BYTES, position) === HEADER_BYTES ? header.getUint32(0, true) : 0
}

/** Fills in where each slot is; returns where the records end. */
function findRecords(fd: number, positions: number[]): number {
  let at = 0
  for (let length = lengthAt(fd, at); length > 0; length = lengthAt(fd, at)) {
    positions[header.getUint32(4, true)] = at
    at += HEADER_BYTES + length
  }
  return at
}
