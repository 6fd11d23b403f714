import type {
  CallOptions,
  Capabilities,
  Decision,
  LogBounds,
  Proposal,
  RecoveryReport,
  SlotRange,
  VerifyReport,
  WriteOptions,
} from '@persistent-log/core'
import { sameBytes, type ModelState } from '../model/model-state.js'
import type { Mutant } from './mutant.js'
import type { ReferenceCore } from './reference-core.js'

/** More slots per batch, the more it holds. */
function growing({ capabilities, model }: ReferenceCore): Capabilities {
  const { limits } = capabilities
  return {
    ...capabilities,
    get limits() {
      return { ...limits, batchSlots: limits.batchSlots + model.state.slots.size }
    },
  }
}

let sharedState: ModelState | undefined

/** Defects of the life cycle, of options, and of what is told. */
export const interfaceMutants: readonly Mutant[] = [
  {
    name: 'sharedState',
    defect: 'all logs of a process share their slots',
    plant: ({ Model }) => ({
      Model: class extends Model {
        constructor(state: ModelState) {
          super((sharedState ??= state))
        }
      },
    }),
  },
  {
    name: 'aliasRead',
    defect: "reads hand out the log's own bytes",
    plant: ({ Core }) => ({
      Core: class extends Core {
        override lend(bytes: Uint8Array): Uint8Array {
          return bytes
        }
      },
    }),
  },
  {
    name: 'reusedBuffer',
    defect: 'reads hand out views of one buffer that the next read fills anew',
    plant: ({ Core }) => ({
      Core: class extends Core {
        readonly #buffer = new Uint8Array(2 ** 16)

        override lend(bytes: Uint8Array): Uint8Array {
          if (bytes.length > this.#buffer.length) return super.lend(bytes)
          this.#buffer.set(bytes)
          return this.#buffer.subarray(0, bytes.length)
        }
      },
    }),
  },
  {
    name: 'useAfterClose',
    defect: 'calls succeed after close',
    plant: ({ Core }) => ({
      Core: class extends Core {
        override checkOpen(): void {
          // It is always open, it believes.
        }
      },
    }),
  },
  {
    name: 'abortIgnored',
    defect: 'signals are ignored',
    plant: ({ Core }) => ({
      Core: class extends Core {
        override call<T>(operation: string, _signal: AbortSignal | undefined, body: () => T): T {
          return super.call(operation, undefined, body)
        }
      },
    }),
  },
  {
    name: 'promiseOvertakesAccept',
    defect: 'an accept is judged a turn after its call, so that later calls overtake it',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override async accept(proposal: Proposal, options?: WriteOptions): Promise<void> {
          await new Promise((resolve) => setImmediate(resolve))
          return super.accept(proposal, options)
        }
      },
    }),
  },
  {
    name: 'retryAnsweredEarly',
    defect: 'a repeated accept is answered while the first one is still being written',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override async accept(proposal: Proposal, options?: WriteOptions): Promise<void> {
          const held = this.core.model.state.slots.get(proposal?.slot)
          const isRetry =
            held?.ballot.round === proposal?.ballot?.round && sameBytes(held.value, proposal.value)
          if (isRetry) return
          await super.accept(proposal, options)
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
      },
    }),
  },
  {
    name: 'slotTwiceInBatch',
    defect: 'a batch may name a slot twice, the last one wins',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override async learnAll(decisions: readonly Decision[], options?: WriteOptions): Promise<void> {
          const last = new Map(
            Array.isArray(decisions) ? decisions.map((one: Decision) => [one?.slot, one]) : [],
          )
          return super.learnAll(last.size > 0 ? [...last.values()] : decisions, options)
        }
      },
    }),
  },
  {
    name: 'uncheckedLearn',
    defect: 'a single learn checks neither arguments nor limits',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override async learn(decision: Decision, options?: WriteOptions): Promise<void> {
          await this.core.write(
            'learn',
            options?.signal,
            () => this.core.model.learn(decision),
            decision.slot,
          )
        }
      },
    }),
  },
  {
    name: 'survivalIgnored',
    defect: 'a survival that is not on offer is taken and not given',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override accept(proposal: Proposal, options?: WriteOptions): Promise<void> {
          return super.accept(proposal, options && { ...options, survives: undefined })
        }
      },
    }),
  },
  {
    name: 'unboundedUncommitted',
    defect: 'accepts never wait for space',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override readonly space = Object.assign(this.newSpace(), { wait: () => undefined })
      },
    }),
  },
  {
    name: 'spaceNeverFreed',
    defect: 'an accept that waits for space is not woken when some is freed',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override readonly space = Object.assign(this.newSpace(), { wake: () => undefined })
      },
    }),
  },
  {
    name: 'facetMissing',
    defect: 'synchronous reads are declared and not there',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override readonly capabilities: Capabilities = { ...this.core.capabilities, syncReads: true }
      },
    }),
  },
  {
    name: 'capabilitiesGrow',
    defect: 'capabilities change while the log is used',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override readonly capabilities = growing(this.core)
      },
    }),
  },
  {
    name: 'closeOnlyOnce',
    defect: 'a second close is refused',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override async close(): Promise<void> {
          this.core.checkOpen('close')
          return super.close()
        }
      },
    }),
  },
  {
    name: 'missingMiscounted',
    defect: 'missingCount counts accepted slots as well',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override bounds(): LogBounds {
          const bounds = super.bounds()
          return { ...bounds, missingCount: bounds.missingCount + bounds.acceptedCount }
        }
      },
    }),
  },
  {
    name: 'gapsOfAllSlots',
    defect: 'gaps ignores its range',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override gaps(_range?: object, options?: CallOptions): AsyncGenerator<SlotRange> {
          return super.gaps({}, options)
        }
      },
    }),
  },
  {
    name: 'recoverySilent',
    defect: 'opening reports nothing of what it found',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override readonly recovery: RecoveryReport = { ...this.foundAtOpen, decisions: 0, accepted: 0 }
      },
    }),
  },
  {
    name: 'verifyReadsNothing',
    defect: 'verify says yes without reading',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override async verify(options?: CallOptions): Promise<VerifyReport> {
          return { ...(await super.verify(options)), slots: 0, bytes: 0 }
        }
      },
    }),
  },
]
