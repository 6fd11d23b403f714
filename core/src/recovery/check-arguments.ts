import * as check from '../backend/arguments.js'
import { MAX_SLOT, type Slot } from '../contract/slot.js'
import type { RecoverOptions } from './recover.js'
import type { StateMachine } from './state-machine.js'

const OPTIONS: Readonly<Record<keyof RecoverOptions, true>> = {
  range: true,
  gaps: true,
  onProgress: true,
  batchLength: true,
  signal: true,
}
/** As in a scan. */
const MAX_BATCH_LENGTH = 65_536

/** Everything that can be told before the first byte of a checkpoint is read: a half-restored machine is of no use. */
export function checkArguments(log: unknown, machine: unknown, options: unknown): void {
  check.checkObject(log, 'log')
  checkMachine(machine)
  check.checkObject(options, 'options')
  check.checkOptions(options, Object.keys(OPTIONS))
  const { range, gaps, onProgress, batchLength } = options as RecoverOptions
  check.checkRange(range, 'options.range')
  if (gaps !== undefined && gaps !== 'stop' && gaps !== 'skip') {
    throw new TypeError(`options.gaps is ${String(gaps)}; it must be 'stop' or 'skip'`)
  }
  if (onProgress !== undefined) check.checkFunction(onProgress, 'options.onProgress')
  if (batchLength !== undefined) check.checkInteger(batchLength, 'options.batchLength', 1, MAX_BATCH_LENGTH)
}

/** A state machine has its methods, or a `TypeError` names the one that it lacks. */
export function checkMachine(machine: unknown): void {
  check.checkObject(machine, 'machine')
  const { restore, apply, appliedTo } = machine as Partial<StateMachine>
  check.checkFunction(restore, 'machine.restore')
  check.checkFunction(apply, 'machine.apply')
  if (appliedTo !== undefined) check.checkFunction(appliedTo, 'machine.appliedTo')
}

/** Where the machine says that it stands; what is no slot is its author's mistake, and never taken for the beginning. */
export function standOf(machine: StateMachine): Slot {
  if (machine.appliedTo === undefined) return 0
  const stand: unknown = machine.appliedTo()
  if (stand instanceof Promise) {
    throw new TypeError('machine.appliedTo() is a promise; it must be a slot, returned at once')
  }
  check.checkInteger(stand, 'machine.appliedTo()', 0, MAX_SLOT + 1)
  return stand
}
