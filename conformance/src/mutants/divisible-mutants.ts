import {
  type CallOptions,
  type CheckpointInfo,
  type ExportedPart,
  type PartInfo,
  type PartSource,
  type PartSources,
} from '@persistent-log/core'
import type { ModelCheckpoint, ModelPart, ModelState } from '../model/model-state.js'
import type { ModelCheckpointCall } from '../model/model.js'
import { digestOf } from './checkpoint-info.js'
import type { Mutant } from './mutant.js'
import { ReferenceDivisible } from './reference-divisible.js'
import { ReferenceCheckpoints } from './reference-stores.js'

/** Replaces the divisible checkpoints. */
function divisible(name: string, defect: string, Divisible: typeof ReferenceDivisible): Mutant {
  return {
    name,
    defect,
    plant: ({ Log }) => ({
      Log: class extends Log {
        override readonly checkpoints = new ReferenceCheckpoints(this.core, new Divisible(this.core))
      },
    }),
  }
}

/** Defects of states in parts. */
export const divisibleMutants: readonly Mutant[] = [
  divisible(
    'partRepeatsLost',
    'a part that comes twice in a state is handed out once',
    class extends ReferenceDivisible {
      override joined(parts: readonly ModelPart[]): Uint8Array {
        return super.joined(this.chosen(parts, undefined))
      }
    },
  ),
  divisible(
    'partsSorted',
    'the parts of a state lose their order',
    class extends ReferenceDivisible {
      override async describe(slot: number, options?: CallOptions): Promise<readonly PartInfo[]> {
        const parts = await super.describe(slot, options)
        return parts.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))
      }
    },
  ),
  divisible(
    'partNamesLost',
    'the names of parts are not kept',
    class extends ReferenceDivisible {
      override taken({ content, digest, bytes }: PartSource, field: string): ModelPart {
        return super.taken({ content, digest, bytes }, field)
      }
    },
  ),
  divisible(
    'partGoesWithAnyCheckpoint',
    'a prune takes parts that another checkpoint still names',
    class extends ReferenceDivisible {
      readonly #named = new Map<string, number>()

      override held(digest: string): Uint8Array | undefined {
        const { checkpoints } = this.core.model.state
        const naming = checkpoints.filter(({ parts }) =>
          parts?.some(({ content }) => digestOf(content) === digest),
        ).length
        const most = Math.max(naming, this.#named.get(digest) ?? 0)
        this.#named.set(digest, most)
        return naming < most ? undefined : super.held(digest)
      }

      override async publish(...call: Parameters<ReferenceDivisible['publish']>): Promise<CheckpointInfo> {
        const info = await super.publish(...call)
        for (const { digest } of await this.describe(info.slot)) this.held(digest)
        return info
      }
    },
  ),
  divisible(
    'partStaysForEver',
    'a part that no checkpoint names any more is still taken for held',
    class extends ReferenceDivisible {
      readonly #seen = new Map<string, Uint8Array>()

      override joined(parts: readonly ModelPart[]): Uint8Array {
        for (const { content } of parts) this.#seen.set(digestOf(content), content)
        return super.joined(parts)
      }

      override held(digest: string): Uint8Array | undefined {
        return super.held(digest) ?? this.#seen.get(digest)
      }
    },
  ),
  divisible(
    'absentPartIsEmpty',
    'a part that is not held is taken for an empty one',
    class extends ReferenceDivisible {
      override taken(part: PartSource, field: string): ModelPart {
        const isAbsent = !part.content && !this.held(part.digest ?? '')
        return isAbsent ? { content: new Uint8Array() } : super.taken(part, field)
      }
    },
  ),
  divisible(
    'partDigestUnchecked',
    'a part is taken for what its digest says',
    class extends ReferenceDivisible {
      override taken({ name, content, digest, bytes }: PartSource, field: string): ModelPart {
        return super.taken(content ? { name, content } : { name, digest, bytes }, field)
      }
    },
  ),
  divisible(
    'partLengthUnchecked',
    'the length that is said of a part by its digest is not looked at',
    class extends ReferenceDivisible {
      override taken({ name, content, digest }: PartSource, field: string): ModelPart {
        return super.taken({ name, content, digest }, field)
      }
    },
  ),
  divisible(
    'partNotCopied',
    'a part is read after the call returned',
    class extends ReferenceDivisible {
      override copied(content: Uint8Array): Uint8Array {
        return content
      }

      override async publish(
        parts: PartSources,
        ...rest: [CallOptions, (content: Uint8Array, parts: readonly ModelPart[]) => ModelCheckpoint]
      ): Promise<CheckpointInfo> {
        await Promise.resolve()
        return super.publish(parts, ...rest)
      }
    },
  ),
  divisible(
    'partLimitOffByOne',
    'one part too many is taken',
    class extends ReferenceDivisible {
      override checkCount(count: number): void {
        super.checkCount(count - 1)
      }
    },
  ),
  divisible(
    'exportIgnoresOnly',
    'an export sends every part, whatever was asked for',
    class extends ReferenceDivisible {
      override chosen(parts: readonly ModelPart[]): readonly ModelPart[] {
        return super.chosen(parts, undefined)
      }
    },
  ),
  divisible(
    'exportRepeats',
    'an export sends a content as often as the state has it',
    class extends ReferenceDivisible {
      override chosen(
        parts: readonly ModelPart[],
        only: readonly string[] | undefined,
      ): readonly ModelPart[] {
        return parts.filter(({ content }) => only?.includes(digestOf(content)) ?? true)
      }
    },
  ),
  divisible(
    'pruneCutsExports',
    'a prune takes parts away under an export',
    class extends ReferenceDivisible {
      override async *export(slot: number, options?: CallOptions): AsyncGenerator<ExportedPart> {
        for await (const part of super.export(slot, options)) {
          this.parts(slot)
          yield part
        }
      }
    },
  ),
  divisible(
    'closeEndsExports',
    'an export that close overtakes just ends',
    class extends ReferenceDivisible {
      override async *export(slot: number, options?: CallOptions): AsyncGenerator<ExportedPart> {
        for await (const part of super.export(slot, options)) {
          yield part
          if (this.core.state !== 'open') return
        }
      }
    },
  ),
  divisible(
    'missingForgetsReceived',
    'a part that was received is asked for again',
    class extends ReferenceDivisible {
      override async missing(
        parts: readonly PartInfo[],
        options?: CallOptions,
      ): Promise<readonly PartInfo[]> {
        const received = parts.filter(({ digest }) => this.received.has(digest))
        return [...(await super.missing(parts, options)), ...received]
      }
    },
  ),
  divisible(
    'refusedInstallDropsReceived',
    'what was received goes with an install that was refused',
    class extends ReferenceDivisible {
      override async publish(...call: Parameters<ReferenceDivisible['publish']>): Promise<CheckpointInfo> {
        try {
          return await super.publish(...call)
        } finally {
          this.received.clear()
        }
      }
    },
  ),
  divisible(
    'giveUpKeeps',
    'what was given up is still held',
    class extends ReferenceDivisible {
      override async giveUp(): Promise<{ readonly dropped: number }> {
        return { dropped: this.received.size }
      }
    },
  ),
  divisible(
    'divisibleInstallLeavesPoint',
    'a state in parts from elsewhere is stored, and the point stays where it is',
    class extends ReferenceDivisible {
      override async install(...[slot, parts, options]: Parameters<ReferenceDivisible['install']>) {
        return this.store(slot, parts, { ...options, acrossGaps: true })
      }
    },
  ),
  {
    name: 'recutTakenForSame',
    defect: 'the same bytes in other parts are taken for the same state',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override sameCut(): boolean {
          return true
        }
      },
    }),
  },
  {
    name: 'descriptorVolatile',
    defect: 'a state in parts is one in one piece after reopening',
    plant: ({ Core }) => ({
      Core: class extends Core {
        override toDisk(state: ModelState): ModelState {
          const checkpoints = state.checkpoints.map((one) => ({ ...one, parts: undefined }))
          return { ...super.toDisk(state), checkpoints }
        }
      },
    }),
  },
  {
    name: 'divisibleAheadAccepted',
    defect: 'a state in parts beyond the contiguous decisions is stored',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override storeCheckpoint(slot: number, content: Uint8Array, call: ModelCheckpointCall = {}) {
          return super.storeCheckpoint(slot, content, call.parts ? { ...call, acrossGaps: true } : call)
        }
      },
    }),
  },
]
