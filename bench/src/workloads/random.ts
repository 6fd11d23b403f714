/** Numbers `0 <= n < bound` in an order that is the same in each run (a linear congruential generator of 32 bits). */
export class RandomSlots {
  readonly #bound: number
  #state = 0x2545f491

  constructor(bound: number) {
    this.#bound = bound
  }

  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.#state / 0x1_0000_0000) * this.#bound)
  }
}
