import type { StoreOperation } from './ordered-store.js'

/** What one write of the store consists of, and its bytes. */
export class StoreBatch {
  readonly #operations: StoreOperation[] = []
  #bytes = 0

  get operations(): readonly StoreOperation[] {
    return this.#operations
  }

  /** Of all keys and values. */
  get bytes(): number {
    return this.#bytes
  }

  add(operation: StoreOperation): void {
    const { key, value } = operation
    this.addSized(operation, key.length + (value ? value.length : 0))
  }

  /** The same without asking for the value, which may not be filled in yet. */
  addSized(operation: StoreOperation, bytes: number): void {
    this.#operations.push(operation)
    this.#bytes += bytes
  }
}
