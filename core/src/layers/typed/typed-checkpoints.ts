import { createHash } from 'node:crypto'
import type {
  CheckpointInfo,
  CheckpointStore,
  InstallCheckpointOptions,
  StoreCheckpointOptions,
} from '../../contract/checkpoint-store.js'
import type { CallOptions } from '../../contract/decision-log.js'
import type { Slot } from '../../contract/slot.js'
import { raise } from '../../errors/raise.js'
import type { Codec } from './codec.js'
import { encodeWith } from './sealed-value.js'
import type { TypedCheckpoints } from './typed-log.js'

/** The chunks of a state in one piece, and its SHA-256 as lower-case hex. */
export async function gather(
  content: AsyncIterable<Uint8Array>,
): Promise<{ readonly bytes: Uint8Array; readonly digest: string }> {
  const chunks: Uint8Array[] = []
  const hash = createHash('sha256')
  for await (const chunk of content) {
    chunks.push(chunk)
    hash.update(chunk)
  }
  return { bytes: new Uint8Array(Buffer.concat(chunks)), digest: hash.digest('hex') }
}

/**
 * Decodes the state of a checkpoint, checked against the digest that the store keeps of every checkpoint. That of a
 * divisible one is about its descriptor: each part was held against its own when it was read.
 */
export async function decodeState<S>(
  codec: Codec<S>,
  { slot, digest, parts }: Pick<CheckpointInfo, 'slot' | 'digest' | 'parts'>,
  content: AsyncIterable<Uint8Array>,
): Promise<S> {
  const state = await gather(content)
  if (parts !== undefined || state.digest === digest) return codec.decode(state.bytes)
  throw raise.digestMismatch(`the state of the checkpoint at slot ${slot} does not match its digest`, {
    slot,
  })
}

/** Checkpoints of typed states. They need no digest of ours: the store keeps the SHA-256 of each state. */
export class CheckpointsOfValues<S> implements TypedCheckpoints<S> {
  readonly #store: CheckpointStore
  readonly #codec: Codec<S>
  readonly latest: CheckpointStore['latest']
  readonly nearest: CheckpointStore['nearest']
  readonly list: CheckpointStore['list']
  readonly prune: CheckpointStore['prune']

  constructor(store: CheckpointStore, codec: Codec<S>) {
    this.#store = store
    this.#codec = codec
    this.latest = store.latest.bind(store)
    this.nearest = store.nearest.bind(store)
    this.list = store.list.bind(store)
    this.prune = store.prune.bind(store)
  }

  async store(slot: Slot, state: S, options?: StoreCheckpointOptions): Promise<CheckpointInfo> {
    return this.#store.store(slot, encodeWith(this.#codec, state, 'state'), options)
  }

  async install(slot: Slot, state: S, options?: InstallCheckpointOptions): Promise<CheckpointInfo> {
    return this.#store.install(slot, encodeWith(this.#codec, state, 'state'), options)
  }

  async read(slot: Slot, options?: CallOptions): Promise<S> {
    const known = await this.#store.list(options)
    const found = known.find((one) => one.slot === slot)
    if (!found) throw raise.checkpointRequired(`there is no checkpoint at slot ${slot}`, { slot })
    return decodeState(this.#codec, found, this.#store.read(slot, options))
  }
}
