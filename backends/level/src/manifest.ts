import { readVarint, skipString, type VarintReader } from './varint.js'

const comparatorTag = 1
const logNumberTag = 2
const nextFileTag = 3
const lastSequenceTag = 4
const compactPointerTag = 5
const deletedFileTag = 6
const newFileTag = 7
const previousLogTag = 9

/** What a MANIFEST says about the store: the sum of its edits. */
export interface ManifestState {
  logNumber: number | undefined
  previousLog: number
  nextFile: number | undefined
  lastSequence: number | undefined
  /** Size in bytes of each live table, by file number. */
  readonly tables: Map<number, number>
}

export function emptyManifest(): ManifestState {
  return {
    logNumber: undefined,
    previousLog: 0,
    nextFile: undefined,
    lastSequence: undefined,
    tables: new Map(),
  }
}

/** Applies one edit; false when it cannot be read, in which case the state must not be used. */
export function applyEdit(state: ManifestState, edit: Buffer): boolean {
  const reader: VarintReader = { bytes: edit, at: 0, end: edit.length }
  // LevelDB deletes before it adds, because a move to another level names the same file in both lists.
  const added: [number, number][] = []
  while (reader.at < reader.end) {
    const tag = readVarint(reader)
    if (tag === comparatorTag) {
      if (!skipString(reader)) return false
    } else if (tag === compactPointerTag) {
      if (readVarint(reader) === undefined || !skipString(reader)) return false
    } else if (tag === newFileTag) {
      const level = readVarint(reader)
      const file = readVarint(reader)
      const size = readVarint(reader)
      if (level === undefined || file === undefined || size === undefined) return false
      if (!skipString(reader) || !skipString(reader)) return false
      added.push([file, size])
    } else if (tag === deletedFileTag) {
      const level = readVarint(reader)
      const file = readVarint(reader)
      if (level === undefined || file === undefined) return false
      state.tables.delete(file)
    } else {
      const value = readVarint(reader)
      if (value === undefined) return false
      if (tag === logNumberTag) state.logNumber = value
      else if (tag === nextFileTag) state.nextFile = value
      else if (tag === lastSequenceTag) state.lastSequence = value
      else if (tag === previousLogTag) state.previousLog = value
      else return false
    }
  }
  for (const [file, size] of added) state.tables.set(file, size)
  return true
}
