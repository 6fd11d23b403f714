import { raise, type Capabilities } from '@persistent-log/core'

interface Item {
  readonly value?: Uint8Array | undefined
  readonly proof?: Uint8Array | undefined
}

/** Values and proofs against the limit of one; returns the bytes of all. */
export function checkSizes(items: readonly Item[], { limits }: Capabilities): number {
  const { valueBytes } = limits
  let total = 0
  items.forEach(({ value, proof }, index) => {
    for (const bytes of [value?.length ?? 0, proof?.length ?? 0]) {
      if (bytes > valueBytes) throw raise.tooLarge('value bytes', bytes, valueBytes, { index })
      total += bytes
    }
  })
  return total
}

/** A batch against its limits. */
export function checkBatch(items: readonly Item[], capabilities: Capabilities): void {
  const { batchSlots, batchBytes } = capabilities.limits
  if (items.length > batchSlots) throw raise.tooLarge('slots of the batch', items.length, batchSlots)
  const total = checkSizes(items, capabilities)
  if (total > batchBytes) throw raise.tooLarge('bytes of the batch', total, batchBytes)
}

/** The caller may change his bytes as soon as the call returns. */
export function own<I extends Item>(item: I): I {
  const { value, proof } = item
  return {
    ...item,
    ...(value && { value: Uint8Array.from(value) }),
    ...(proof && { proof: Uint8Array.from(proof) }),
  }
}
