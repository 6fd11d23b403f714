import type { Subject } from '../subjects/subject.js'
import type { Values } from '../values.js'
import type { Bed } from '../workloads/workload.js'

/** Slots that are read one by one after the scan. */
const SINGLE_READS = 1_000

/**
 * Reads everything back and compares it byte by byte: as it is, and where the subject stores anything once more after it
 * was closed and opened, unless nothing was written. Returns how many slots it compared; throws at the first that is not
 * what was written.
 */
export async function verifyContents(bed: Bed, isReadOnly: boolean): Promise<number> {
  let verified = await verifyOpen(bed)
  if (bed.subject.isStored && !isReadOnly) {
    await bed.close()
    await bed.open()
    verified += await verifyOpen(bed)
  }
  return verified
}

async function verifyOpen({ subject, values, decided, keptFrom }: Bed): Promise<number> {
  const scanned = inOrder(values, keptFrom, decided)
  await subject.scan(keptFrom, decided, scanned.visit)
  scanned.end()
  const borrowed = subject.log?.borrowedReads
  if (borrowed !== undefined) {
    const lent = inOrder(values, keptFrom, decided)
    borrowed.scan({ from: keptFrom, to: decided }, lent.visit)
    lent.end()
  }
  const stride = Math.max(1, Math.floor((decided - keptFrom) / SINGLE_READS))
  for (let slot = keptFrom; slot < decided; slot += stride) await verifySlot(subject, values, slot)
  return decided - keptFrom
}

/** In all the ways in which the subject reads. */
async function verifySlot(subject: Subject, values: Values, slot: number): Promise<void> {
  values.check(slot, await subject.read(slot))
  if (subject.readNow) values.check(slot, subject.readNow(slot))
  if (subject.borrow)
    values.check(
      slot,
      subject.borrow(slot, (value) => value.slice()),
    )
}

/** Holds what a scan visits against what was written. */
function inOrder(
  values: Values,
  from: number,
  to: number,
): { readonly visit: (slot: number, value: Uint8Array) => void; readonly end: () => void } {
  let expected = from
  return {
    visit: (slot, value) => {
      if (slot !== expected)
        throw new Error(`slot ${expected} was acknowledged and is gone: slot ${slot} follows`)
      values.check(slot, value)
      expected = slot + 1
    },
    end: () => {
      if (expected !== to)
        throw new Error(`slot ${expected} was acknowledged and is gone; so is all behind it`)
    },
  }
}
