import type { Capabilities } from '@persistent-log/core'
import type { ToyDefect } from './toy-defects.js'

/** What the toy offers, or says that it does. */
export function toyCapabilities(defect?: ToyDefect): Capabilities {
  const survives = defect === 'claimsTooLittle' ? 'process-crash' : 'power-loss'
  return {
    survives: { accept: survives, commit: survives },
    openBy: defect === 'claimsToBeShared' ? 'many-processes' : 'one-process',
    atomicBatches: true,
    locatesCorruption: true,
    syncReads: false,
    borrowedReads: false,
    limits: { valueBytes: 2 ** 20, batchSlots: 4_096, batchBytes: 2 ** 22 },
  }
}
