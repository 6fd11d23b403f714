import type {
  CheckpointInfo,
  InstallCheckpointOptions,
  StoreCheckpointOptions,
} from '../../../contract/checkpoint-store.js'
import type { CallOptions } from '../../../contract/decision-log.js'
import {
  digestOfParts,
  PART_LIMITS,
  type DivisibleCheckpoints,
  type ExportedPart,
  type PartInfo,
  type PartSource,
  type PartSources,
} from '../../../contract/divisible-checkpoints.js'
import type { Slot } from '../../../contract/slot.js'
import { raise } from '../../../errors/raise.js'
import * as check from '../../arguments.js'
import * as names from '../../call-names.js'
import type { CheckpointContents } from '../checkpoint-health.js'
import { publicationOf, type CheckpointNaming, type Publication } from '../checkpoint-naming.js'
import type { StoredCheckpoint } from '../effect.js'
import type { LogParts } from '../log-parts.js'
import { publicParts } from './descriptors.js'
import { publicPart, type DescribedPart } from './held-part.js'
import { checkPart, checkPartInfo, givenPart, sourcesOf } from './part-arguments.js'
import { own } from './part-table.js'
import { PartWriter } from './part-writer.js'

/**
 * Checkpoints in parts: the contents are written and durable first, then the list of them, then one effect names the list.
 * A crash leaves blobs that nobody names, and the next open removes them.
 */
export class EngineDivisibleCheckpoints implements DivisibleCheckpoints {
  readonly #log: LogParts
  readonly #contents: CheckpointContents
  readonly #naming: CheckpointNaming
  readonly #writer: PartWriter
  /** Parts that `receive` is writing. */
  #arriving = 0

  constructor(log: LogParts, contents: CheckpointContents, naming: CheckpointNaming) {
    this.#log = log
    this.#contents = contents
    this.#naming = naming
    this.#writer = new PartWriter(contents.parts, log.life)
  }

  async store(slot: Slot, parts: PartSources, options?: StoreCheckpointOptions): Promise<CheckpointInfo> {
    return this.#publish(publicationOf('store', slot, options), sourcesOf(parts))
  }

  async install(slot: Slot, parts: PartSources, options?: InstallCheckpointOptions): Promise<CheckpointInfo> {
    return this.#publish(publicationOf('install', slot, options), sourcesOf(parts))
  }

  async describe(slot: Slot, options?: CallOptions): Promise<readonly PartInfo[]> {
    check.checkBound(slot, 'slot')
    check.checkOptions(options)
    return this.#log.life.run('checkpoints.describe', 'read', options?.signal, () =>
      publicParts(this.#described(slot)),
    )
  }

  async *export(
    slot: Slot,
    options?: CallOptions & { readonly only?: readonly string[] | undefined },
  ): AsyncGenerator<ExportedPart> {
    check.checkBound(slot, 'slot')
    check.checkOptions(options, names.EXPORT)
    if (options?.only !== undefined) check.checkArray(options.only, 'options.only', check.checkDigest)
    const { life } = this.#log
    const { parts } = this.#contents
    life.check('checkpoints.export', 'read', options?.signal)
    const wanted = chosen(this.#described(slot), options?.only)
    const owned = wanted.map(({ part }) => own(part))
    try {
      for (const line of wanted) {
        // Each pull is a call of its own: a reader that stopped in the middle does not hold `close` up.
        const content = await life.run('checkpoints.export', 'read', options?.signal, () =>
          parts.whole(line.part),
        )
        yield { ...publicPart(line), content }
      }
    } finally {
      await parts.releaseLate(owned)
    }
  }

  async missing(parts: readonly PartInfo[], options?: CallOptions): Promise<readonly PartInfo[]> {
    check.checkArray(parts, 'parts', checkPartInfo)
    check.checkOptions(options)
    const { table } = this.#contents.parts
    return this.#log.life.run('checkpoints.missing', 'read', options?.signal, () => {
      const missing = new Map<string, PartInfo>()
      for (const { name, digest, bytes } of parts) {
        if (table.find(digest) || missing.has(digest)) continue
        missing.set(digest, name === undefined ? { digest, bytes } : { name, digest, bytes })
      }
      return [...missing.values()]
    })
  }

  async receive(
    part: PartSource & { readonly content: Uint8Array },
    options?: CallOptions,
  ): Promise<PartInfo> {
    check.checkOptions(options)
    checkPart(part, 'part')
    check.checkBytes(part.content, 'part.content')
    const given = givenPart(part, 'part')
    const { parts } = this.#contents
    return this.#log.life.run('checkpoints.receive', 'write', options?.signal, async () => {
      const count = parts.table.receivedCount + this.#arriving + 1
      if (count > PART_LIMITS.receivedParts && !parts.table.isReceived(given.digest)) {
        throw raise.tooLarge('received parts', count, PART_LIMITS.receivedParts)
      }
      this.#arriving++
      try {
        const part = await this.#writer.obtain(given, false)
        await parts.release(parts.table.keepReceived(part))
        return publicPart({ name: given.name, part })
      } finally {
        this.#arriving--
      }
    })
  }

  async giveUp(options?: CallOptions): Promise<{ readonly dropped: number }> {
    check.checkOptions(options)
    const { parts } = this.#contents
    return this.#log.life.run('checkpoints.giveUp', 'write', options?.signal, async () => {
      const going = parts.table.takeReceived(parts.table.received())
      await parts.release(going)
      return { dropped: going.length }
    })
  }

  async #publish(
    publication: Publication,
    sources: Iterable<PartSource> | AsyncIterable<PartSource>,
  ): Promise<CheckpointInfo> {
    const { kind, slot, signal, about } = publication
    const { parts, descriptors } = this.#contents
    return this.#log.life.run(`checkpoints.${kind}`, 'write', signal, async () => {
      this.#naming.judge(publication)
      // An install moves the point: the state is what is left of everything below.
      const { described, blob } = await this.#writer.write(sources, signal, kind === 'install')
      descriptors.add(blob, described)
      const infos = publicParts(described)
      const bytes = infos.reduce((sum, part) => sum + part.bytes, 0)
      const checkpoint = {
        slot,
        bytes,
        digest: digestOfParts(infos),
        parts: described.length,
        ...about,
        blob,
      }
      const info = await this.#naming.name(publication, checkpoint)
      const named = parts.table.takeReceived(new Set(described.map(({ part }) => part)))
      await parts.release(named)
      return info
    })
  }

  #described(slot: Slot): readonly DescribedPart[] {
    const found = this.#log.writes.shown.checkpoints.find((one) => one.slot === slot)
    if (!found) throw raise.checkpointRequired(`there is no checkpoint at slot ${slot}`, { slot })
    return this.#listOf(found)
  }

  #listOf(checkpoint: StoredCheckpoint): readonly DescribedPart[] {
    const { slot, parts } = checkpoint
    const described = this.#contents.descriptors.of(checkpoint)
    if (described) return described
    if (parts === undefined) {
      throw raise.unsupported('checkpoints.divisible', `the checkpoint at slot ${slot} is in one piece`, {
        slot,
      })
    }
    throw raise.corrupted(`the list of the parts of the checkpoint at slot ${slot} is damaged`, { slot })
  }
}

/** Each content once, in the order of the list. */
function chosen(
  described: readonly DescribedPart[],
  only: readonly string[] | undefined,
): readonly DescribedPart[] {
  const byDigest = new Map<string, DescribedPart>()
  for (const line of described) if (!byDigest.has(line.part.digest)) byDigest.set(line.part.digest, line)
  if (!only) return [...byDigest.values()]
  only.forEach((digest, index) => {
    if (!byDigest.has(digest)) throw raise.partMissing(`options.only[${index}]`, digest)
  })
  const wanted = new Set(only)
  return [...byDigest.values()].filter(({ part }) => wanted.has(part.digest))
}
