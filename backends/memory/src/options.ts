import { z } from '@persistent-log/core/backend'

/** There is nothing to tune; a misspelt or foreign option is refused. */
export const memoryOptions = z.strictObject({})

/** The `options.memory` section of a configuration. */
export type MemoryOptions = z.infer<typeof memoryOptions>
