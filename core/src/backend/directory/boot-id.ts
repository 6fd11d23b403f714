import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Simulated power cuts do not restart the machine: they set this variable to another value instead. */
export const TEST_BOOT_ID_VARIABLE = 'PLOG_TEST_BOOT_ID'

/** Linux: one random name per start of the kernel. */
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id'

/** Where the system tells no boot id, every process counts as a boot of its own: the careful answer. */
const UNKNOWN_BOOT_ID = `unknown-${randomUUID()}`

/** Names this start of the machine: what was not flushed before another start of it is gone. */
export function bootId(): string {
  const simulated = process.env[TEST_BOOT_ID_VARIABLE]
  if (simulated !== undefined && simulated !== '') return simulated
  try {
    return readFileSync(BOOT_ID_FILE, 'utf8').trim()
  } catch {
    return UNKNOWN_BOOT_ID
  }
}
