import type { Ballot } from '@persistent-log/core'

/** What a slot of the model holds. */
export interface ModelSlot {
  readonly ballot: Ballot
  readonly value: Uint8Array
  readonly proof: Uint8Array | undefined
  readonly decided: boolean
}

/** A part of a divisible checkpoint of the model. */
export interface ModelPart {
  readonly name?: string
  readonly content: Uint8Array
}

/** A checkpoint of the model. */
export interface ModelCheckpoint {
  readonly slot: number
  readonly content: Uint8Array
  /** Of a divisible one: how the content is cut. */
  readonly parts: readonly ModelPart[] | undefined
  readonly ballot: Ballot | undefined
  readonly metadata: Uint8Array | undefined
}

/** A configuration record of the model. */
export interface ModelRecord {
  readonly version: number
  readonly value: Uint8Array
}

/** All that a log is, as plain maps. */
export interface ModelState {
  point: number
  /** The ballot of the decision just below the point, where the log held it. */
  compactedBallot: Ballot | undefined
  promised: Ballot | undefined
  readonly slots: Map<number, ModelSlot>
  readonly configurations: Map<string, ModelRecord>
  /** Ascending by slot. */
  checkpoints: ModelCheckpoint[]
}

/** A log that nobody has used yet. */
export function newState(firstSlot: number): ModelState {
  return {
    point: firstSlot,
    compactedBallot: undefined,
    promised: undefined,
    slots: new Map(),
    configurations: new Map(),
    checkpoints: [],
  }
}

/** Lamport's order, written a second time on purpose: the model must not share a mistake with what it examines. */
export function ballotOrder(a: Ballot, b: Ballot): number {
  if (a.round < b.round) return -1
  if (a.round > b.round) return 1
  if (a.nodeId === b.nodeId) return 0
  return a.nodeId < b.nodeId ? -1 : 1
}

/** True when both are in one piece, or cut at the same places and named alike. */
export function sameCut(a: readonly ModelPart[] | undefined, b: readonly ModelPart[] | undefined): boolean {
  if (!a || !b) return a === b
  const same = ({ name, content }: ModelPart, at: number): boolean =>
    b[at]?.name === name && b[at]?.content.length === content.length
  return a.length === b.length && a.every(same)
}

/** True when both hold the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
