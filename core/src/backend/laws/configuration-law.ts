import type { ConfigurationRecord } from '../../contract/configuration-store.js'
import { raise } from '../../errors/raise.js'
import type { PersistentLogError } from '../../errors/persistent-log-error.js'
import { equalBytes } from '../bytes.js'

/** Same version and bytes: a retry. Otherwise the version must grow. */
export function judgeConfiguration(
  name: string,
  record: ConfigurationRecord,
  stored: ConfigurationRecord | undefined,
): 'store' | 'no-op' | PersistentLogError {
  if (!stored || record.version > stored.version) return 'store'
  if (record.version === stored.version && equalBytes(record.value, stored.value)) return 'no-op'
  return raise.staleVersion(`configuration ${JSON.stringify(name)}`, record.version, stored.version)
}
