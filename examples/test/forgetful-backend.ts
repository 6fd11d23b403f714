import { backend as memory } from '@persistent-log/backend-memory'
import type { Capabilities, PersistentLog } from '@persistent-log/core'
import { defineBackend } from '@persistent-log/core/backend'

/** Claims to survive the loss of power, and keeps everything in memory: the kind of log that the main job must catch. */
export const backend = defineBackend({
  ...memory,
  name: 'forgetful',
  open: async (context: Parameters<typeof memory.open>[0]): Promise<PersistentLog> => {
    const log = await memory.open(context)
    const capabilities: Capabilities = {
      ...log.capabilities,
      survives: { accept: 'power-loss', commit: 'power-loss' },
    }
    return new Proxy(log, {
      get(target, key) {
        if (key === 'capabilities') return capabilities
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  },
})
