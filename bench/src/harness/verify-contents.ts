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
  let expected = keptFrom
  await subject.scan(keptFrom, decided, (slot, value) => {
    if (slot !== expected)
      throw new Error(`slot ${expected} was acknowledged and is gone: slot ${slot} follows`)
    values.check(slot, value)
    expected = slot + 1
  })
  if (expected !== decided)
    throw new Error(`slot ${expected} was acknowledged and is gone; so is all behind it`)
  const stride = Math.max(1, Math.floor((decided - keptFrom) / SINGLE_READS))
  for (let slot = keptFrom; slot < decided; slot += stride) values.check(slot, await subject.read(slot))
  return decided - keptFrom
}
