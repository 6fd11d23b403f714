import { existsSync, mkdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type {
  CallOptions,
  Decision,
  DecisionScan,
  LogMetrics,
  LogStatus,
  Proposal,
  WriteOptions,
} from '@persistent-log/core'
import type { ModelCheckpoint, ModelRecord, ModelSlot } from '../model/model-state.js'
import { Refusal } from '../model/refusal.js'
import type { Mutant } from './mutant.js'
import type { ScanOrder } from './reference-scan.js'

const NO_BALLOT = { round: 0, nodeId: 0 }
const EMPTY_CHECKPOINT: ModelCheckpoint = {
  slot: 0,
  content: new Uint8Array(),
  parts: undefined,
  ballot: undefined,
  metadata: undefined,
}

/** Defects that would show on the first day. */
export const plainMutants: readonly Mutant[] = [
  {
    name: 'writesDropped',
    defect: 'writes are acknowledged and never made',
    plant: ({ Core }) => ({
      Core: class extends Core {
        override write<T>(operation: string, signal: AbortSignal | undefined, _body: () => T): Promise<T> {
          return super.write(operation, signal, () => undefined as T)
        }
      },
    }),
  },
  {
    name: 'missingIsEmpty',
    defect: 'a slot that holds nothing is read as an empty value',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override async read(slot: number, options?: CallOptions): Promise<Decision | undefined> {
          return (await super.read(slot, options)) ?? { slot, ballot: NO_BALLOT, value: new Uint8Array() }
        }
      },
    }),
  },
  {
    name: 'valuesCutAt4KiB',
    defect: 'of a value, 4,096 bytes are kept',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override copy(bytes: Uint8Array): Uint8Array {
          return super.copy(bytes.subarray(0, 4_096))
        }
      },
    }),
  },
  {
    name: 'valuesAreText',
    defect: 'a value is stored as text',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override copy(bytes: Uint8Array): Uint8Array {
          return Uint8Array.from(Buffer.from(Buffer.from(bytes).toString('utf8').trim(), 'utf8'))
        }
      },
    }),
  },
  {
    name: 'proofEmptyIsNone',
    defect: 'an empty proof is taken for none',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override held(slot: number): ModelSlot | undefined {
          const held = super.held(slot)
          return held?.proof?.length === 0 ? { ...held, proof: undefined } : held
        }
      },
    }),
  },
  {
    name: 'bornWithACheckpoint',
    defect: 'a log that was never given one has an empty checkpoint',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override nearest(slot: number): ModelCheckpoint | undefined {
          return super.nearest(slot) ?? EMPTY_CHECKPOINT
        }
      },
    }),
  },
  {
    name: 'bornWithRecords',
    defect: 'a configuration record that was never stored is an empty one',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override loadConfiguration(name: string): ModelRecord | undefined {
          return super.loadConfiguration(name) ?? { version: 0, value: new Uint8Array() }
        }
      },
    }),
  },
  {
    name: 'closingNotTold',
    defect: 'a log that is closing says that it is open',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override get status(): LogStatus {
          const status = super.status
          return status.state === 'closing' ? { ...status, state: 'open' } : status
        }
      },
    }),
  },
  {
    name: 'nextSlotFromOne',
    defect: 'the next slot of a log that holds nothing is 1',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override nextSlot(): number {
          return Math.max(1, super.nextSlot())
        }
      },
    }),
  },
  {
    name: 'repeatRefused',
    defect: 'an accept that is sent a second time is refused',
    plant: ({ Model }) => ({
      Model: class extends Model {
        override accept(proposal: Proposal): void {
          const ballot = this.held(proposal.slot)?.ballot
          const isSame = ballot?.round === proposal.ballot.round && ballot.nodeId === proposal.ballot.nodeId
          if (isSame) throw new Refusal(['PLOG_BALLOT_REUSED'])
          super.accept(proposal)
        }
      },
    }),
  },
  {
    name: 'rangesTurned',
    defect: 'a scan that ends below its start is made the other way round',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override newScan(order: ScanOrder): DecisionScan {
          const { from, to } = order
          const isTurned = from !== undefined && to !== undefined && from > to
          return super.newScan(isTurned ? { ...order, from: to, to: from } : order)
        }
      },
    }),
  },
  {
    name: 'emptyBatchRefused',
    defect: 'a batch of nothing is refused',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override async learnAll(decisions: readonly Decision[], options?: WriteOptions): Promise<void> {
          if (decisions.length === 0) throw new RangeError('decisions is empty')
          return super.learnAll(decisions, options)
        }
      },
    }),
  },
  {
    name: 'disposeClosesNothing',
    defect: 'a log that goes out of scope is not closed',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override async [Symbol.asyncDispose](): Promise<void> {
          // The end of the process will do, it believes.
        }
      },
    }),
  },
  {
    name: 'flushPerCall',
    defect: 'calls that come together are flushed one by one',
    plant: ({ Log }) => ({
      Log: class extends Log {
        #flushes = 0

        override async learn(decision: Decision, options?: WriteOptions): Promise<void> {
          await super.learn(decision, options)
          this.#flushes++
        }

        override metrics(): LogMetrics {
          return { ...super.metrics(), flushes: this.#flushes }
        }
      },
    }),
  },
  {
    name: 'parentsNotMade',
    defect: 'a directory whose parents are not there is not made',
    plant: ({ Disk }) => ({
      Disk: class extends Disk {
        override makePlace(directory: string): string {
          if (!existsSync(directory)) mkdirSync(directory)
          return realpathSync(directory)
        }
      },
    }),
  },
  {
    name: 'fileInTheWayRemoved',
    defect: 'a file that stands where the directory is to be is removed',
    plant: ({ Disk }) => ({
      Disk: class extends Disk {
        override makePlace(directory: string): string {
          if (existsSync(directory) && statSync(directory).isFile()) rmSync(directory)
          return super.makePlace(directory)
        }
      },
    }),
  },
  {
    name: 'oneLockForAll',
    defect: 'all logs below a directory share one lock',
    plant: ({ Disk }) => ({
      Disk: class extends Disk {
        override lockFile(place: string): string {
          return join(dirname(place) === tmpdir() ? place : dirname(place), 'owner')
        }
      },
    }),
  },
  {
    name: 'lockNotTaken',
    defect: 'a log is opened without a lock',
    plant: ({ Disk }) => ({
      Disk: class extends Disk {
        override takeLock(): void {
          // Nobody else will come, it believes.
        }
      },
    }),
  },
]
