import { fields, type v } from '@persistent-log/core/backend'

/** There is nothing to tune; a misspelt or foreign option is refused. */
export const memoryOptions = fields({})

/** The `options.memory` section of a configuration. */
export type MemoryOptions = v.InferOutput<typeof memoryOptions>
