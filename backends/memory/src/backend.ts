import {
  defineBackend,
  Ledger,
  openEngineLog,
  type OpenContext,
  type PersistentLog,
} from '@persistent-log/core/backend'
import { MemoryEngine } from './memory-engine.js'
import { memoryOptions, type MemoryOptions } from './options.js'

/** The memory backend. */
export const backend = defineBackend<MemoryOptions>({
  name: 'memory',
  summary: 'Maps in memory: the whole contract at full speed, and nothing outlives the process',
  needsDirectory: false,
  options: memoryOptions,
  open: openLog,
})

/** Every open creates a log: there is nothing to find. */
function openLog(context: OpenContext<MemoryOptions>): Promise<PersistentLog> {
  return openEngineLog({
    engine: new MemoryEngine(),
    firstSlot: context.firstSlot,
    ledger: new Ledger(context.firstSlot),
    context,
    recovery: {
      created: true,
      cleanClose: true,
      decisions: 0,
      accepted: 0,
      tornBytes: 0,
      ambiguous: false,
      damaged: [],
      votesLost: false,
      tookMs: 0,
    },
  })
}
