import type { CallOptions, ConfigurationRecord, DecisionScan, Proposal } from '@persistent-log/core'
import type { Mutant } from './mutant.js'
import type { ReferenceParts } from './reference-backend.js'
import type { ReferenceCore } from './reference-core.js'
import type { ScanOrder } from './reference-scan.js'
import { ReferenceConfigurations } from './reference-stores.js'
import { TwoScans } from './scan-mutants.js'
import { slowDisk } from './slow-disk.js'

/** A defect of a log whose writes take as long as on a device. */
const slowly = (
  name: string,
  defect: string,
  plant: (parts: ReferenceParts) => Partial<ReferenceParts>,
): Mutant => ({
  name,
  defect,
  plant: (parts) => ({ ...plant(parts), Disk: slowDisk(parts.Disk) }),
})

/** While anything is written: the first half of the version before, and the second half of the one that is there. */
class Torn {
  readonly #core: ReferenceCore
  readonly #known = new Map<unknown, { readonly before?: Uint8Array; readonly value: Uint8Array }>()

  constructor(core: ReferenceCore) {
    this.#core = core
  }

  show<T extends { readonly value: Uint8Array }>(key: unknown, held: T): T {
    let known = this.#known.get(key) ?? { value: held.value }
    if (Buffer.compare(known.value, held.value) !== 0) known = { before: known.value, value: held.value }
    this.#known.set(key, known)
    if (!this.#core.isSaving || known.before === undefined) return held
    const half = held.value.length >> 1
    const torn = [...known.before.subarray(0, half), ...held.value.subarray(half)]
    return { ...held, value: Uint8Array.from(torn) }
  }
}

class TornConfigurations extends ReferenceConfigurations {
  readonly #torn = new Torn(this.core)

  override async load(name: string, options?: CallOptions): Promise<ConfigurationRecord | undefined> {
    const record = await super.load(name, options)
    return record && this.#torn.show(name, record)
  }
}

/** Defects that show only while something is being written. */
export const slowMutants: readonly Mutant[] = [
  slowly('proposalTornWhileWritten', 'a proposal that is being replaced is half of each', ({ Log }) => ({
    Log: class extends Log {
      readonly #torn = new Torn(this.core)

      override async readAccepted(slot: number, options?: CallOptions): Promise<Proposal | undefined> {
        const held = await super.readAccepted(slot, options)
        return held && this.#torn.show(slot, held)
      }
    },
  })),
  slowly('recordTornWhileWritten', 'a record that is being replaced is half of each', ({ Log }) => ({
    Log: class extends Log {
      override readonly configuration = new TornConfigurations(this.core)
    },
  })),
  slowly(
    'phaseOneByTwoScansSlowly',
    'a scan misses a slot that is committed while it runs, and commits take their time',
    ({ Log }) => ({
      Log: class extends Log {
        override newScan(order: ScanOrder): DecisionScan {
          return new TwoScans(this.core, order)
        }
      },
    }),
  ),
]
