/** Most different values of one field that are counted one by one; the rest is counted together. */
const MAX_COUNTED_VALUES = 2_000
/** A longer text is counted under its beginning. */
const MAX_KEY_LETTERS = 80

/** What a field of a JSON object holds. */
export type JsonValue = string | number | boolean | object | null

/** {@link FieldStatistics} as a checkpoint holds them. */
export interface StoredField {
  readonly name: string
  readonly seen: number
  readonly numbers: number
  /** As text, because a sum may leave the numbers that JSON knows. */
  readonly sum: string
  readonly values: readonly (readonly [value: string, count: number])[]
  readonly uncounted: number
}

/** What is known of one field of all commands: how often it came, the sum of its numbers, a counter per value. */
export class FieldStatistics {
  readonly name: string
  #seen = 0
  #numbers = 0
  #sum = 0
  #uncounted = 0
  readonly #counts = new Map<string, number>()

  constructor(name: string) {
    this.name = name
  }

  static from(stored: StoredField): FieldStatistics {
    const field = new FieldStatistics(stored.name)
    field.#seen = stored.seen
    field.#numbers = stored.numbers
    field.#sum = Number(stored.sum)
    field.#uncounted = stored.uncounted
    for (const [value, count] of stored.values) field.#counts.set(value, count)
    return field
  }

  add(value: JsonValue): void {
    this.#seen++
    if (typeof value === 'number') {
      this.#numbers++
      this.#sum += value
    }
    const key = (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_KEY_LETTERS)
    const count = this.#counts.get(key)
    if (count === undefined && this.#counts.size >= MAX_COUNTED_VALUES) this.#uncounted++
    else this.#counts.set(key, (count ?? 0) + 1)
  }

  stored(): StoredField {
    return {
      name: this.name,
      seen: this.#seen,
      numbers: this.#numbers,
      sum: String(this.#sum),
      values: [...this.#counts],
      uncounted: this.#uncounted,
    }
  }

  /** One line for people. */
  describe(): string {
    const most = [...this.#counts].reduce((best, next) => (next[1] > best[1] ? next : best), ['', 0])
    const different = `${this.#uncounted > 0 ? 'over ' : ''}${this.#counts.size.toLocaleString('en')} different`
    const mean = this.#numbers > 0 ? `, mean ${(this.#sum / this.#numbers).toFixed(1)}` : ''
    return `${this.name}: ${different}${mean}, most often ${most[0]} (${most[1].toLocaleString('en')} times)`
  }
}
