import { existsSync, statSync } from 'node:fs'
import { constants } from 'node:os'
import {
  bytesTaken,
  descriptorOf,
  gatheredOrderOf,
  openModeOf,
  pathOf,
  writeOrderOf,
  type WriteOrder,
} from './call-arguments.js'
import type { NodeId } from '../disk-event.js'
import type { DiskRecorder } from './disk-recorder.js'
import { intercept, type Outcome, type Plan } from './interception.js'
import { splitWholeFileCalls } from './whole-files.js'

/** What goes wrong on purpose, and what is spared. */
export interface SeamSettings {
  /** The flush of this number, from 0, fails with EIO; what it was to flush is never flushed by a later one. */
  readonly failedFlush?: number | undefined
  /** Every so many writes take only half of their bytes. */
  readonly shortWriteEvery?: number | undefined
  /** No flush reaches the device: where no power is cut, it only costs time. */
  readonly withoutFlushes?: boolean | undefined
}

interface Descriptor {
  readonly node: NodeId
  readonly appends: boolean
  readonly writesThrough: boolean
  position: number
}

const succeeded = (outcome: Outcome): boolean => !('error' in outcome)
const DONE: Outcome = { value: undefined }

/** What a failed device says. */
function ioError(): Error {
  const { EIO } = constants.errno
  return Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO', errno: -EIO, syscall: 'fsync' })
}

type Handler = (seam: DiskSeam, recorder: DiskRecorder, args: readonly unknown[]) => Plan | undefined

/** Calls that change files, as node:fs names them, and what is noted of each. */
const HANDLERS: Readonly<Record<string, Handler>> = {
  open: (seam, recorder, args) => seam.opening(recorder, args),
  close: (seam, _, [descriptor]) => void seam.descriptors.delete(descriptor as number),
  write: (seam, recorder, args) =>
    seam.writing(recorder, args[0] as number, writeOrderOf(args), (given, position) => [
      given,
      0,
      given.byteLength,
      position,
    ]),
  writev: (seam, recorder, args) =>
    seam.writing(recorder, args[0] as number, gatheredOrderOf(args), (given, position) => [
      [given],
      position,
    ]),
  ftruncate: (seam, recorder, [descriptor, size]) => {
    const node = seam.descriptors.get(descriptor as number)?.node
    if (node === undefined) return undefined
    return { done: (outcome) => succeeded(outcome) && recorder.truncated(node, Number(size ?? 0)) }
  },
  fsync: (seam, recorder, [descriptor]) => seam.flushing(recorder, descriptor as number),
  fdatasync: (seam, recorder, [descriptor]) => seam.flushing(recorder, descriptor as number),
  mkdir: (_, recorder, [path]) => afterwards(() => recorder.appeared(pathOf(path))),
  mkdtemp: () => undefined,
  rename: (_, recorder, [from, to]) => afterwards(() => recorder.renamed(pathOf(from), pathOf(to))),
  unlink: (_, recorder, [path]) => afterwards(() => recorder.disappeared(pathOf(path))),
  rmdir: (_, recorder, [path]) => afterwards(() => recorder.disappeared(pathOf(path))),
  rm: (_, recorder, [path]) => afterwards(() => recorder.disappeared(pathOf(path))),
  link: (_, recorder, [from, to]) =>
    afterwards(() => recorder.appeared(pathOf(to), recorder.nodeAt(pathOf(from)))),
  symlink: unknown('symlink'),
  cp: unknown('cp'),
}

/** A failed call may have done part of its work: the tree is looked at in either case. */
function afterwards(note: () => unknown): Plan {
  return { done: (outcome) => void (succeeded(outcome) && note()) }
}

/** The recorder knows of the call until it has ended. */
function followed(recorder: DiskRecorder, plan: Plan): Plan {
  const ended = recorder.callBegins()
  const done = (outcome: Outcome): void => {
    plan.done?.(outcome)
    ended()
  }
  return { ...plan, done }
}

function unknown(call: string): Handler {
  return (_, recorder, [from, to]) => {
    if (recorder.namesTo(pathOf(to ?? from)) !== undefined) recorder.unknownCalls.add(call)
    return undefined
  }
}

/**
 * The seam between a log and the file system of this process. A log that makes its system calls through `node:fs` can be
 * followed without its knowledge. One per process.
 */
export class DiskSeam {
  readonly descriptors = new Map<number, Descriptor>()
  recorder: DiskRecorder | undefined
  settings: SeamSettings = {}
  /** Flushes that were asked for since the settings were made. */
  flushes = 0
  /** Flushes that failed, and writes that were cut short, on purpose. */
  failedFlushes = 0
  shortWrites = 0
  #writes = 0

  private constructor() {}

  /** Puts the seam into this process. */
  static async install(): Promise<DiskSeam> {
    const seam = new DiskSeam()
    await splitWholeFileCalls()
    await intercept(Object.keys(HANDLERS), (call, args) => seam.#look(call, args))
    return seam
  }

  /** Follows what happens from here on. Files that are open already are not known. */
  follow(recorder: DiskRecorder | undefined, settings: SeamSettings = {}): void {
    this.recorder = recorder
    this.settings = settings
    this.flushes = 0
    this.failedFlushes = 0
    this.shortWrites = 0
    this.descriptors.clear()
  }

  #look(call: string, args: readonly unknown[]): Plan | undefined {
    const { recorder } = this
    if (recorder !== undefined) {
      const plan = HANDLERS[call]?.(this, recorder, args)
      return plan && followed(recorder, plan)
    }
    const isFlush = call === 'fsync' || call === 'fdatasync'
    return isFlush && this.settings.withoutFlushes === true ? { instead: DONE } : undefined
  }

  opening(recorder: DiskRecorder, [name, flags]: readonly unknown[]): Plan | undefined {
    const path = pathOf(name)
    if (recorder.namesTo(path) === undefined) return undefined
    const mode = openModeOf(flags)
    const held = existsSync(path) ? statSync(path).size : 0
    const done = (outcome: Outcome): void => {
      const node = succeeded(outcome) ? recorder.appeared(path) : undefined
      if (node === undefined || !('value' in outcome)) return
      if (mode.truncates && held > 0) recorder.truncated(node, 0)
      if (mode.readsAndWrites) recorder.mayBeMapped(node)
      const { appends, writesThrough } = mode
      this.descriptors.set(descriptorOf(outcome.value), { node, appends, writesThrough, position: 0 })
    }
    return { done }
  }

  /** `asked` are the arguments behind the descriptor by which the same call writes other bytes. */
  writing(
    recorder: DiskRecorder,
    descriptor: number,
    { bytes, position }: WriteOrder,
    asked: (given: Uint8Array, position: number | null) => readonly unknown[],
  ): Plan | undefined {
    const file = this.descriptors.get(descriptor)
    if (file === undefined) return undefined
    const { shortWriteEvery } = this.settings
    const isShort =
      shortWriteEvery !== undefined && bytes.byteLength > 1 && ++this.#writes % shortWriteEvery === 0
    const given = isShort ? bytes.subarray(0, Math.floor(bytes.byteLength / 2)) : bytes
    if (isShort) this.shortWrites++
    const offset = file.appends ? recorder.endOf(file.node) : (position ?? file.position)
    if (position === undefined) file.position = offset + given.byteLength
    const written = recorder.writing(file.node, offset, given, file.writesThrough)
    return {
      ...(isShort && { args: [descriptor, ...asked(given, position ?? null)] }),
      done: (outcome) => written(bytesTaken(outcome)),
    }
  }

  flushing(recorder: DiskRecorder, descriptor: number): Plan | undefined {
    const file = this.descriptors.get(descriptor)
    if (file === undefined) return undefined
    const flushed = recorder.flushing(file.node)
    const done = (outcome: Outcome): void => flushed(succeeded(outcome))
    if (this.flushes++ === this.settings.failedFlush) {
      this.failedFlushes++
      return { instead: { error: ioError() }, done }
    }
    return this.settings.withoutFlushes === true ? { instead: DONE, done } : { done }
  }
}
