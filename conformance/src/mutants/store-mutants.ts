import type { Ballot } from '@persistent-log/core'
import type { ModelCheckpoint, ModelRecord } from '../model/model-state.js'
import type { ModelCheckpointCall, ModelCompactCall } from '../model/model.js'
import { Refusal } from '../model/refusal.js'
import type { Mutant } from './mutant.js'

/** Takes the call to install for another one. */
function installs(
  name: string,
  defect: string,
  taken: (call: ModelCheckpointCall, point: number) => ModelCheckpointCall,
): Mutant {
  return {
    name,
    defect,
    plant: ({ Model }) => ({
      Model: class extends Model {
        override installCheckpoint(
          slot: number,
          content: Uint8Array,
          call: ModelCheckpointCall = {},
        ): ModelCheckpoint {
          return super.installCheckpoint(slot, content, taken(call, this.state.point))
        }
      },
    }),
  }
}

/** Defects of compaction, checkpoints and configuration. */
export const storeMutants: readonly Mutant[] = [
  {
    name: 'trimOffByOne',
    defect: 'a compaction takes one slot too many',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override moveTo(point: number, ballot?: Ballot): number {
          return super.moveTo(point + 1, ballot)
        }
      },
    }),
  },
  {
    name: 'trimMovesBack',
    defect: 'a compaction to a lower slot moves the point down',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override compact(call: ModelCompactCall): number {
          if (call.before < this.state.point) this.state.point = call.before
          return super.compact(call)
        }
      },
    }),
  },
  {
    name: 'trimPassesGaps',
    defect: 'a compaction passes undecided slots without being told to',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override compact(call: ModelCompactCall): number {
          return super.compact({ ...call, acrossGaps: true })
        }
      },
    }),
  },
  {
    name: 'trimWithoutCheckpoint',
    defect: 'a compaction passes the newest checkpoint without being told to',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override compact(call: ModelCompactCall): number {
          return super.compact({ ...call, withoutCheckpoint: true })
        }
      },
    }),
  },
  {
    name: 'trimIgnoresRetain',
    defect: 'a compaction keeps nothing for slow followers',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override compact(call: ModelCompactCall): number {
          return super.compact({ ...call, retain: 0 })
        }
      },
    }),
  },
  {
    name: 'trimKeepsBelow',
    defect: 'a compaction moves the point and leaves what lies below it',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override moveTo(point: number): number {
          this.state.point = point
          return 0
        }
      },
    }),
  },
  {
    name: 'compactedReadsAsMissing',
    defect: 'a slot below the point is taken for an undecided one',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override checkSlot(): void {
          // Nothing lies below the point, it believes.
        }
      },
    }),
  },
  {
    name: 'olderCheckpointAccepted',
    defect: 'a checkpoint older than the newest is stored, and is then the latest',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeCheckpoint(): ModelCheckpoint | undefined {
          return undefined
        }
      },
    }),
  },
  {
    name: 'checkpointAheadAccepted',
    defect: 'a checkpoint beyond the contiguous decisions is stored',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override storeCheckpoint(
          slot: number,
          content: Uint8Array,
          call: ModelCheckpointCall = {},
        ): ModelCheckpoint {
          return super.storeCheckpoint(slot, content, { ...call, acrossGaps: true })
        }
      },
    }),
  },
  {
    name: 'checkpointRetryRefused',
    defect: 'the same checkpoint, stored again, is refused',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override judgeCheckpoint(
          slot: number,
          content: Uint8Array,
          ahead: boolean,
        ): ModelCheckpoint | undefined {
          if (super.judgeCheckpoint(slot, content, ahead)) throw new Refusal(['PLOG_STALE_CHECKPOINT'])
          return undefined
        }
      },
    }),
  },
  {
    name: 'nearestIsNewest',
    defect: 'the nearest checkpoint is the newest one, also when that lies above',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override nearest(): ModelCheckpoint | undefined {
          return this.newest()
        }
      },
    }),
  },
  {
    name: 'pruneKeepsOldest',
    defect: 'pruning removes the newest checkpoints',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override prune(keep: number): number {
          return this.state.checkpoints.splice(keep).length
        }
      },
    }),
  },
  {
    name: 'installLeavesPoint',
    defect: 'an installed checkpoint does not move the point',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override installCheckpoint(
          slot: number,
          content: Uint8Array,
          call: ModelCheckpointCall = {},
        ): ModelCheckpoint {
          return super.storeCheckpoint(slot, content, { ...call, acrossGaps: true })
        }
      },
    }),
  },
  {
    name: 'installDropsAll',
    defect: 'an installed checkpoint drops the entries from its slot on',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override installCheckpoint(
          slot: number,
          content: Uint8Array,
          call: ModelCheckpointCall = {},
        ): ModelCheckpoint {
          const installed = super.installCheckpoint(slot, content, call)
          this.state.slots.clear()
          return installed
        }
      },
    }),
  },
  installs('installIgnoresDiscardFrom', 'an installed checkpoint leaves the conflicting suffix', (call) => ({
    ...call,
    discardFrom: undefined,
  })),
  installs(
    'installDiscardsBelowPoint',
    'an installed checkpoint takes a suffix that begins below the point for one that begins at it',
    ({ discardFrom, ...call }, point) =>
      discardFrom === undefined ? call : { ...call, discardFrom: Math.max(discardFrom, point) },
  ),
  {
    name: 'configurationRetryStale',
    defect: 'the same record, stored again, is called stale',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override storeConfiguration(name: string, record: ModelRecord): void {
          if (this.loadConfiguration(name)?.version === record.version)
            throw new Refusal(['PLOG_STALE_VERSION'])
          super.storeConfiguration(name, record)
        }
      },
    }),
  },
  {
    name: 'configurationOfAnyVersion',
    defect: 'an older record replaces a newer one',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override storeConfiguration(name: string, { version, value }: ModelRecord): void {
          this.state.configurations.set(name, { version, value: this.copy(value) })
        }
      },
    }),
  },
  {
    name: 'configurationNamesFolded',
    defect: 'names that differ in case only share a record',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override loadConfiguration(name: string): ModelRecord | undefined {
          return super.loadConfiguration(name.toLowerCase())
        }

        override storeConfiguration(name: string, record: ModelRecord): void {
          super.storeConfiguration(name.toLowerCase(), record)
        }
      },
    }),
  },
]
