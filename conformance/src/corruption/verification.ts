import type { PersistentLog } from '@persistent-log/core'
import type { Classified } from './classify.js'
import { reasonOf } from '../running/reason.js'

/** What `verify` says of a log of which something could not be read: it must find the same, and name the slots. */
export async function verification(
  log: PersistentLog,
  damagedSlots: ReadonlySet<number>,
): Promise<Classified> {
  try {
    const { ok, damaged } = await log.verify()
    if (ok || damaged.length === 0)
      return { consequence: 'silent', evidence: 'verify found nothing where a read had found damage' }
    const isNamed = (slot: number): boolean =>
      damaged.some(({ slots }) => slots !== undefined && slots.from <= slot && slot < slots.to)
    const unnamed = [...damagedSlots].filter((slot) => !isNamed(slot))
    const reasons = damaged.map(({ reason }) => reason).join('; ')
    return log.capabilities.locatesCorruption && unnamed.length > 0
      ? { consequence: 'silent', evidence: `verify did not name slots ${unnamed.join()}: ${reasons}` }
      : { consequence: 'located', evidence: `verify: ${reasons}` }
  } catch (error) {
    const message = reasonOf(error)
    return { consequence: 'wrong', evidence: `verify was refused, and has to report: ${message}` }
  }
}
