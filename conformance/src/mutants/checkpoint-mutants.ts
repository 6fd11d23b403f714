import { raise, type CallOptions, type CheckpointInfo } from '@persistent-log/core'
import type { ModelCheckpoint } from '../model/model-state.js'
import type { ModelCheckpointCall } from '../model/model.js'
import type { Mutant } from './mutant.js'
import { ReferenceCheckpoints } from './reference-stores.js'

/** Replaces the checkpoints. */
function checkpoints(name: string, defect: string, Checkpoints: typeof ReferenceCheckpoints): Mutant {
  return {
    name,
    defect,
    plant: ({ Log }) => ({
      Log: class extends Log {
        override readonly checkpoints = new Checkpoints(this.core)
      },
    }),
  }
}

/** Defects of checkpoints whose content comes or goes slowly, and of repeated ones. */
export const checkpointMutants: readonly Mutant[] = [
  checkpoints(
    'stalledStreamHolds',
    'an abort waits for the next chunk of a stream that stands still',
    class extends ReferenceCheckpoints {
      override async pull(
        iterator: AsyncIterator<Uint8Array>,
        signal: AbortSignal | undefined,
      ): Promise<IteratorResult<Uint8Array>> {
        const step = await iterator.next()
        signal?.throwIfAborted()
        return step
      }
    },
  ),
  checkpoints(
    'lateAbortIgnored',
    'an abort after the last chunk of a checkpoint does nothing',
    class extends ReferenceCheckpoints {
      override async pull(
        iterator: AsyncIterator<Uint8Array>,
        signal: AbortSignal | undefined,
      ): Promise<IteratorResult<Uint8Array>> {
        signal?.throwIfAborted()
        return iterator.next()
      }

      override publish(
        operation: string,
        _options: CallOptions,
        body: () => ModelCheckpoint,
      ): Promise<CheckpointInfo> {
        return super.publish(operation, {}, body)
      }
    },
  ),
  checkpoints(
    'pruneCutsReaders',
    'a prune takes the content away under a reader',
    class extends ReferenceCheckpoints {
      override async *read(slot: number, options?: CallOptions): AsyncGenerator<Uint8Array> {
        for await (const chunk of super.read(slot, options)) {
          if (!this.core.model.state.checkpoints.some((one) => one.slot === slot))
            throw raise.checkpointRequired(`the checkpoint at slot ${slot} is gone`, { slot })
          yield chunk
        }
      }
    },
  ),
  checkpoints(
    'closeEndsReaders',
    'a reader that close overtakes just ends',
    class extends ReferenceCheckpoints {
      override async *read(slot: number, options?: CallOptions): AsyncGenerator<Uint8Array> {
        for await (const chunk of super.read(slot, options)) {
          yield chunk
          if (this.core.state !== 'open') return
        }
      }
    },
  ),
  checkpoints(
    'heldContentGoesWithClose',
    'close takes a checkpoint away that somebody still reads',
    class extends ReferenceCheckpoints {
      override async *read(slot: number, options?: CallOptions): AsyncGenerator<Uint8Array> {
        const { state } = this.core.model
        const take = (): unknown =>
          (state.checkpoints = state.checkpoints.filter((checkpoint) => checkpoint.slot !== slot))
        this.core.whenClosing.add(take)
        for await (const chunk of super.read(slot, options)) yield chunk
        this.core.whenClosing.delete(take)
      }
    },
  ),
  {
    name: 'checkpointRetryEchoes',
    defect: 'a repeated checkpoint is answered with what the repetition says about it',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override storeCheckpoint(
          slot: number,
          content: Uint8Array,
          call: ModelCheckpointCall = {},
        ): ModelCheckpoint {
          const { ballot, metadata } = call
          return { ...super.storeCheckpoint(slot, content, call), ballot, metadata }
        }
      },
    }),
  },
]
