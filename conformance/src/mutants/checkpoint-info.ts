import { createHash } from 'node:crypto'
import { digestOfParts, type CheckpointInfo, type StoreCheckpointOptions } from '@persistent-log/core'
import type { ModelCheckpoint, ModelPart } from '../model/model-state.js'

/** The caller may change his bytes as soon as the call returns. */
export function own<T extends StoreCheckpointOptions>(options: T): T {
  const { ballot, metadata } = options
  return { ...options, ballot: ballot && { ...ballot }, metadata: metadata && Uint8Array.from(metadata) }
}

/** A checkpoint of the model as a log lists it. */
export function infoOf({ slot, content, parts, ballot, metadata }: ModelCheckpoint): CheckpointInfo {
  const digest = parts ? digestOfParts(parts.map(partInfoOf)) : digestOf(content)
  const about = { ballot: ballot && { ...ballot }, metadata: metadata && Uint8Array.from(metadata) }
  const info = { slot, bytes: content.length, digest, ...about }
  return parts ? { ...info, parts: parts.length } : info
}

const digests = new WeakMap<Uint8Array, string>()

/** SHA-256, lower-case hex, of bytes that do not change. */
export function digestOf(content: Uint8Array): string {
  const known = digests.get(content)
  if (known !== undefined) return known
  const digest = createHash('sha256').update(content).digest('hex')
  digests.set(content, digest)
  return digest
}

/** A part of the model as a descriptor lists it. */
export function partInfoOf({ name, content }: ModelPart) {
  const info = { digest: digestOf(content), bytes: content.length }
  return name === undefined ? info : { name, ...info }
}
