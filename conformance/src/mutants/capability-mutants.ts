import type { Capabilities, LogStatus, SyncReads } from '@persistent-log/core'
import type { Mutant } from './mutant.js'
import type { ReferenceCore } from './reference-core.js'

type CoreParts = ConstructorParameters<typeof ReferenceCore>

/** A log that says something else of itself. */
const claiming = (
  name: string,
  defect: string,
  claims: (capabilities: Capabilities) => Capabilities,
): Mutant => ({
  name,
  defect,
  plant: ({ Core }) => ({
    Core: class extends Core {
      constructor(...[model, disk, context, capabilities]: CoreParts) {
        super(model, disk, context, claims(capabilities))
      }
    },
  }),
})

/** Defects in what a log says of itself. */
export const capabilityMutants: readonly Mutant[] = [
  claiming('capabilityOfItsOwn', 'a capability is declared that nobody knows', (capabilities) =>
    Object.assign({ ...capabilities }, { timeTravel: true }),
  ),
  claiming('limitsNegative', 'a limit is less than nothing', (capabilities) => ({
    ...capabilities,
    limits: { ...capabilities.limits, batchSlots: -1 },
  })),
  claiming('limitsOverclaimed', 'a limit is declared that is twice what works', (capabilities) => ({
    ...capabilities,
    limits: { ...capabilities.limits, valueBytes: capabilities.limits.valueBytes * 2 },
  })),
  claiming('limitsWritable', 'whoever writes into its limits moves them', (capabilities) => ({
    ...capabilities,
    limits: { ...capabilities.limits },
  })),
  {
    name: 'limitsLowered',
    defect: 'a limit that is not on offer is lowered without a word',
    plant: () => ({ judgeLimits: () => undefined }),
  },
  claiming('claimsNothing', 'it claims to keep nothing, and keeps all', (capabilities) => ({
    ...capabilities,
    survives: { accept: 'nothing', commit: 'nothing' },
  })),
  {
    name: 'durabilityOverclaimed',
    defect: 'a default that is not on offer is taken',
    plant: () => ({ judgeDurability: () => undefined }),
  },
  {
    name: 'statusForgetsDurability',
    defect: 'status shows the strongest durability, whatever was asked for',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override get status(): LogStatus {
          return { ...super.status, durability: this.capabilities.survives }
        }
      },
    }),
  },
  {
    name: 'defaultIsTheWeakest',
    defect: 'the durability that nobody asked for is the weakest',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override get status(): LogStatus {
          const { accept = 'nothing', commit = 'nothing' } = this.core.context.durability
          return { ...super.status, durability: { accept, commit } }
        }
      },
    }),
  },
  {
    name: 'syncReadsShowUnwritten',
    defect: 'synchronous reads show a decision before it is written',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override readonly capabilities = { ...this.core.capabilities, syncReads: true }
        readonly syncReads: SyncReads = {
          read: (slot) => this.shown(slot, this.core.model.read(slot)),
          readAccepted: (slot) => this.shown(slot, this.core.model.readAccepted(slot)),
        }
      },
    }),
  },
  {
    name: 'syncReadsShowAccepted',
    defect: 'synchronous reads show a proposal as a decision',
    plant: ({ Log }) => ({
      Log: class extends Log {
        override readonly capabilities = { ...this.core.capabilities, syncReads: true }
        readonly syncReads: SyncReads = {
          read: (slot) => this.shown(slot, this.core.model.held(slot)),
          readAccepted: (slot) => this.shown(slot, this.core.model.readAccepted(slot)),
        }
      },
    }),
  },
]
