// Decides one slot after the other and tells its parent of each, until it is killed; or tells why it cannot.
import { isPersistentLogError } from '@persistent-log/core/backend'
import { openAt, valueOf } from './logs.js'

try {
  const log = await openAt(String(process.argv[2]))
  for (let slot = 0; ; slot++) {
    await log.learn({ slot, ballot: { round: 1, nodeId: 1 }, value: valueOf(slot) })
    process.send?.(slot)
  }
} catch (error) {
  process.send?.(isPersistentLogError(error) ? error.code : String(error))
}
