import { isWeak, type Operation } from '../crash/operation.js'
import type { TracedCall } from './trace.js'

/** A write of bytes to a file of the log. */
interface Carrier {
  readonly path: string
  readonly argument: string
  readonly startedAt: number
  readonly endedAt: number
}

/** A flush, or a write that flushes itself (O_DSYNC, RWF_DSYNC). No path: of the whole file system. */
interface Flush {
  readonly path: string | undefined
  readonly startedAt: number
  readonly endedAt: number
  readonly failed: boolean
}

/** The order in which a process wrote, flushed and acknowledged, as its trace shows it. */
interface Order {
  readonly carriers: readonly Carrier[]
  readonly flushes: readonly Flush[]
  /** When each call was announced, and when it was acknowledged, by its place in the workload. */
  readonly willAt: ReadonlyMap<number, number>
  readonly didAt: ReadonlyMap<number, number>
}

const WRITES: ReadonlySet<string> = new Set(['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2'])
const FLUSHES: ReadonlySet<string> = new Set(['fdatasync', 'fsync', 'msync', 'syncfs'])
const DESCRIPTOR = /^(\d+)<([^>]*)>/

function readOrder(calls: readonly TracedCall[], writesThrough: ReadonlySet<string>): Order {
  const carriers: Carrier[] = []
  const flushes: Flush[] = []
  const willAt = new Map<number, number>()
  const didAt = new Map<number, number>()
  const flushing = new Set(writesThrough)
  for (const { name, argument, result, startedAt, endedAt } of calls) {
    const [, descriptor = '', path = ''] = DESCRIPTOR.exec(argument) ?? []
    const failed = result?.startsWith('-1') === true
    if (name === 'openat') {
      const opened = /^\d+/.exec(result ?? '')?.[0]
      if (opened !== undefined && /\bO_D?SYNC\b/.test(argument)) flushing.add(opened)
    }
    if (name === 'close') flushing.delete(descriptor)
    // One that was interrupted has flushed nothing and dropped nothing: it is made again.
    if (result?.startsWith('-1 EINTR') === true) continue
    const whole = name === 'syncfs'
    if (FLUSHES.has(name)) flushes.push({ path: whole ? undefined : path, startedAt, endedAt, failed })
    if (!WRITES.has(name)) continue
    for (const [, word, at] of argument.matchAll(/\\"kind\\":\\"(will|did)\\",\\"at\\":(\d+)/g)) {
      ;(word === 'will' ? willAt : didAt).set(Number(at), startedAt)
    }
    if (!path.startsWith('/')) continue
    if (!failed) carriers.push({ path, argument, startedAt, endedAt })
    const isThrough = flushing.has(descriptor) || /\bRWF_D?SYNC\b/.test(argument)
    if (isThrough) flushes.push({ path, startedAt, endedAt, failed })
  }
  return { carriers, flushes, willAt, didAt }
}

/** Bytes by which a call can be found in what is written; one without bytes of its own still has something to flush. */
function marksOf(operation: Operation): (string | undefined)[] {
  if ('entry' in operation) return [operation.entry.value]
  if ('entries' in operation) return operation.entries.map(({ value }) => value)
  return operation.kind === 'configure' ? [operation.value] : [undefined]
}

/** Calls that promise to survive a power loss, and that have something to write. */
function mustBeFlushed(operation: Operation): boolean {
  if (['flush', 'discard', 'compact'].includes(operation.kind)) return false
  return !isWeak(operation)
}

/**
 * The calls that were acknowledged before a flush had covered their bytes. `writesThrough` are the descriptors that flush
 * what is written through them, as the trace begins. A flush covers what was
 * written before it began. After a failed one the kernel may have dropped what was written before: no later flush of that
 * file proves anything about those bytes.
 */
export function earlyAcknowledgements(
  calls: readonly TracedCall[],
  operations: readonly Operation[],
  writesThrough: ReadonlySet<string> = new Set(),
): string[] {
  const order = readOrder(calls, writesThrough)
  const early: string[] = []
  for (const [at, acknowledgedAt] of order.didAt) {
    const operation = operations[at]
    const announcedAt = order.willAt.get(at)
    if (operation === undefined || announcedAt === undefined || !mustBeFlushed(operation)) continue
    const flushes = order.flushes.filter(
      ({ startedAt, endedAt, failed }) => !failed && startedAt > announcedAt && endedAt < acknowledgedAt,
    )
    const isProven = marksOf(operation).every((mark) => isCovered(mark, announcedAt, flushes, order))
    if (!isProven) early.push(JSON.stringify(operation))
  }
  return early
}

/** Bytes that no system call shows went through a map of the file, or are stored in another form: any flush may be theirs. */
function isCovered(
  mark: string | undefined,
  since: number,
  flushes: readonly Flush[],
  order: Order,
): boolean {
  // As they are, or in the hexadecimal of a log that is text.
  const forms = mark === undefined ? [] : [mark, Buffer.from(mark).toString('hex')]
  const carriers = order.carriers.filter(
    ({ argument, startedAt }) => startedAt > since && forms.some((form) => argument.includes(form)),
  )
  if (carriers.length === 0) return flushes.some((flush) => !isAfterFailure(flush, since, order))
  return carriers.some((carrier) => flushes.some((flush) => covers(flush, carrier, order)))
}

function covers(flush: Flush, { path, startedAt, endedAt }: Carrier, order: Order): boolean {
  // A write through a descriptor that flushes covers itself.
  const isItself = flush.startedAt === startedAt && flush.endedAt === endedAt
  const isOfPath = flush.path === undefined || flush.path === path
  if (!isOfPath || !(isItself || flush.startedAt > endedAt)) return false
  return !isAfterFailure(flush, endedAt, order)
}

/** True when a flush of the same file failed since: what was written before that one may be gone. */
function isAfterFailure({ path, startedAt }: Flush, since: number, { flushes }: Order): boolean {
  return flushes.some(
    (other) => other.failed && other.path === path && other.startedAt >= since && other.endedAt <= startedAt,
  )
}

/** How many calls the trace shows to be acknowledged that had to be flushed: none proves nothing. */
export function examinedAcknowledgements(
  calls: readonly TracedCall[],
  operations: readonly Operation[],
): number {
  return [...readOrder(calls, new Set()).didAt.keys()].filter((at) => {
    const operation = operations[at]
    return operation !== undefined && mustBeFlushed(operation)
  }).length
}
