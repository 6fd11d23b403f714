import { createHash } from 'node:crypto'
import { Aggregate } from './aggregate.js'
import { readCommands } from './data-set.js'
import { UserError } from './user-error.js'

/** Half of a SHA-256: two values with the same one are the same value. */
const FINGERPRINT_BYTES = 16
/** Room for so many at first; it doubles when it is full. */
const FIRST_ROOM_COMMANDS = 1_024

const fingerprintOf = (value: Uint8Array): Buffer =>
  createHash('sha256').update(value).digest().subarray(0, FINGERPRINT_BYTES)

interface Content {
  readonly fingerprints: Buffer
  readonly machine: Aggregate
  readonly longest: { readonly bytes: number; readonly place: string }
}

/**
 * What must come out, computed from the input alone: a fingerprint of every command, and the state of a machine that
 * never saw a log. It runs in the client's process, which nobody kills.
 */
export class Expectation {
  readonly #input: string | undefined
  readonly #content: Content
  readonly #stateDigests = new Map<number, string>()

  private constructor(input: string | undefined, content: Content) {
    this.#input = input
    this.#content = content
    this.#stateDigests.set(content.machine.appliedTo(), content.machine.digest())
  }

  /** Reads the whole input once; a line that is no command is a {@link UserError}. */
  static async of(input: string | undefined, limit: number | undefined): Promise<Expectation> {
    const machine = new Aggregate()
    let fingerprints = Buffer.alloc(FIRST_ROOM_COMMANDS * FINGERPRINT_BYTES)
    let longest: Content['longest'] = { bytes: 0, place: '' }
    for await (const command of readCommands(input, limit)) {
      machine.apply([command])
      const at = command.slot * FINGERPRINT_BYTES
      if (at === fingerprints.length) fingerprints = Buffer.concat([fingerprints, Buffer.alloc(at)])
      fingerprints.set(fingerprintOf(command.value), at)
      if (command.value.length > longest.bytes) {
        longest = { bytes: command.value.length, place: command.place }
      }
    }
    if (machine.appliedTo() === 0) throw new UserError(`${input ?? 'the input'} holds no commands`)
    return new Expectation(input, { machine, fingerprints, longest })
  }

  get commands(): number {
    return this.#content.machine.appliedTo()
  }

  /** The longest command, and where it stands. */
  get longest(): Content['longest'] {
    return this.#content.longest
  }

  /** What the final state says, a line per field. */
  describe(): string[] {
    return this.#content.machine.describe()
  }

  /** True when these bytes are the command of the slot. */
  holds(slot: number, value: Uint8Array): boolean {
    const at = slot * FINGERPRINT_BYTES
    const expected = this.#content.fingerprints.subarray(at, at + FINGERPRINT_BYTES)
    return fingerprintOf(value).equals(expected)
  }

  /** The digest of the state after every command below `slot`, by replaying the input. */
  async stateDigest(slot: number): Promise<string> {
    let digest = this.#stateDigests.get(slot)
    if (digest === undefined) {
      const machine = new Aggregate()
      for await (const command of readCommands(this.#input, slot)) machine.apply([command])
      digest = machine.digest()
      this.#stateDigests.set(slot, digest)
    }
    return digest
  }
}
