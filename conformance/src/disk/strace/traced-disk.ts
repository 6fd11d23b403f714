import type { TracedCall } from '../../faults/trace.js'
import { ROOT, type Change, type DiskEvent, type Mark, type NodeId } from '../disk-event.js'
import { DiskImage } from '../disk-image.js'
import { bytesOfText, bytesOfVector, descriptorIn, pathIn, splitArguments } from './traced-arguments.js'

/** System calls that say what a process does to files. Not every machine has each. */
export const FILE_CALLS: readonly string[] = (
  'open openat creat close dup dup2 dup3 fcntl write pwrite64 writev pwritev pwritev2 lseek ftruncate truncate fallocate ' +
  'rename renameat renameat2 unlink unlinkat rmdir mkdir mkdirat link linkat symlink symlinkat fsync fdatasync msync mmap ' +
  'copy_file_range sendfile'
).split(' ')

interface OpenFile {
  readonly node: NodeId
  readonly appends: boolean
  readonly writesThrough: boolean
  position: number
}

/** What was traced, as events of a disk. */
export interface TracedDisk {
  readonly events: readonly DiskEvent[]
  /** The files as the calls left them. */
  readonly image: DiskImage
  /** Files that were stored into through a map: a trace does not tell what. */
  readonly mapped: ReadonlySet<string>
  /** Why the events do not tell all. */
  readonly unknown: ReadonlySet<string>
}

/**
 * Reads what a process did to the files below a directory from a trace of its system calls. The log says what it heard by
 * writing to a file of its own; the n-th such write is the n-th of `marks`.
 */
export function readTracedDisk(
  calls: readonly TracedCall[],
  place: { readonly root: string; readonly markFile: string; readonly marks: readonly Mark[] },
): TracedDisk {
  const reader = new TraceReader(place)
  for (const call of calls) reader.take(call)
  return reader.finish()
}

class TraceReader {
  readonly #root: string
  readonly #markFile: string
  readonly #marks: readonly Mark[]
  readonly #events: DiskEvent[] = []
  /** When each event ended, in lines of the trace; and when it began. */
  readonly #times: { readonly startedAt: number; readonly endedAt: number }[] = []
  readonly #image = new DiskImage()
  readonly #open = new Map<number, OpenFile>()
  readonly #mapped = new Set<string>()
  readonly #unknown = new Set<string>()
  #nodes: NodeId = ROOT
  #heard = 0

  constructor({ root, markFile, marks }: { root: string; markFile: string; marks: readonly Mark[] }) {
    this.#root = root
    this.#markFile = markFile
    this.#marks = marks
  }

  take(call: TracedCall): void {
    const isOver = call.result !== undefined && !call.result.startsWith('-1') && !call.result.startsWith('?')
    if (!isOver) return
    this.#takeDone(call, splitArguments(call.argument), Number.parseInt(call.result ?? '0'))
  }

  finish(): TracedDisk {
    const starts = this.#times.map(({ startedAt }) => startedAt)
    for (const [at, event] of this.#events.entries()) {
      if (event.kind === 'mark') continue
      const endedAt = this.#times[at]?.endedAt ?? Infinity
      const later = starts.findIndex((startedAt, place) => place > at && startedAt > endedAt)
      event.ended = later < 0 ? this.#events.length : later
    }
    if (this.#heard !== this.#marks.length) this.#unknown.add('a mark that was not traced')
    return { events: this.#events, image: this.#image, mapped: this.#mapped, unknown: this.#unknown }
  }

  #takeDone(call: TracedCall, args: readonly string[], result: number): void {
    const [first = '', second = '', third = '', fourth = ''] = args
    switch (call.name) {
      case 'open':
      case 'creat':
        return this.#opened(call, pathIn(first), call.name === 'creat' ? 'O_CREAT|O_TRUNC' : second, result)
      case 'openat':
        return this.#opened(call, pathIn(second, first), third, result)
      case 'close':
        return void this.#open.delete(descriptorIn(first)?.number ?? -1)
      case 'write':
      case 'writev':
      case 'pwrite64':
      case 'pwritev':
      case 'pwritev2':
        return this.#wrote(call, args, result)
      case 'lseek': {
        const file = this.#fileOf(first)
        if (file !== undefined) file.position = result
        return
      }
      case 'ftruncate': {
        const file = this.#fileOf(first)
        if (file) this.#change(call, { kind: 'truncate', node: file.node, size: Number(second) })
        return
      }
      case 'mkdir':
        return void this.#link(call, pathIn(first), true)
      case 'mkdirat':
        return void this.#link(call, pathIn(second, first), true)
      case 'rename':
        return this.#renamed(call, pathIn(first), pathIn(second))
      case 'renameat':
      case 'renameat2':
        return this.#renamed(call, pathIn(second, first), pathIn(fourth, third))
      case 'unlink':
      case 'rmdir':
        return this.#unlinked(call, pathIn(first))
      case 'unlinkat':
        return this.#unlinked(call, pathIn(second, first))
      case 'fsync':
      case 'fdatasync':
        return this.#flushed(call, first)
      case 'mmap':
        return this.#mappedFile(args)
      case 'fcntl':
        if (!second.startsWith('F_DUPFD')) return
    }
    if (this.#isInside(call)) this.#unknown.add(call.name)
  }

  #opened(call: TracedCall, path: string, flags: string, descriptor: number): void {
    if (this.#namesTo(path) === undefined) return
    const known = this.#nodeAt(path)
    const node = known ?? this.#link(call, path, false)
    const size = this.#image.files.get(node)?.size ?? 0
    if (flags.includes('O_TRUNC') && size > 0) this.#change(call, { kind: 'truncate', node, size: 0 })
    this.#open.set(descriptor, {
      node,
      appends: flags.includes('O_APPEND'),
      writesThrough: /O_D?SYNC/.test(flags),
      position: 0,
    })
  }

  #wrote(call: TracedCall, args: readonly string[], taken: number): void {
    const [first = '', content = ''] = args
    if (descriptorIn(first)?.path === this.#markFile) {
      const mark = this.#marks[this.#heard++]
      if (mark !== undefined) this.#note(call, { kind: 'mark', mark })
      return
    }
    const file = this.#fileOf(first)
    if (file === undefined) return
    const bytes = (call.name.includes('v') ? bytesOfVector(content) : bytesOfText(content))?.subarray(
      0,
      taken,
    )
    if (bytes?.byteLength !== taken)
      return void this.#unknown.add(`${call.name} of more bytes than were shown`)
    const size = this.#image.files.get(file.node)?.size ?? 0
    const isPlaced = call.name.startsWith('p')
    const position = isPlaced ? Number(args.at(call.name === 'pwritev2' ? -2 : -1)) : file.position
    const offset = file.appends ? size : position
    if (!isPlaced) file.position = offset + taken
    this.#change(call, { kind: 'write', node: file.node, offset, bytes }, file.writesThrough)
  }

  #renamed(call: TracedCall, from: string, to: string): void {
    const [before, after, node] = [this.#placeOf(from), this.#placeOf(to), this.#nodeAt(from)]
    if (before === undefined || after === undefined || node === undefined) {
      if (before !== undefined || after !== undefined) this.#unknown.add('rename across the border')
      return
    }
    const { directory: fromDirectory, name: fromName } = before
    this.#change(call, { kind: 'rename', fromDirectory, fromName, ...after, node })
  }

  #unlinked(call: TracedCall, path: string): void {
    const place = this.#placeOf(path)
    if (place !== undefined) this.#change(call, { kind: 'unlink', ...place })
  }

  #flushed(call: TracedCall, argument: string): void {
    const node = this.#fileOf(argument)?.node ?? this.#nodeAt(descriptorIn(argument)?.path ?? '')
    if (node !== undefined) this.#note(call, { kind: 'flush', node, ended: Infinity })
  }

  #mappedFile(args: readonly string[]): void {
    const [, , protection = '', flags = '', descriptor = ''] = args
    const path = descriptorIn(descriptor)?.path ?? ''
    const names = this.#namesTo(path)
    const isStoredInto = protection.includes('PROT_WRITE') && flags.includes('MAP_SHARED')
    if (names !== undefined && isStoredInto) this.#mapped.add(names.join('/'))
  }

  #fileOf(argument: string): OpenFile | undefined {
    return this.#open.get(descriptorIn(argument)?.number ?? -1)
  }

  #isInside({ argument }: TracedCall): boolean {
    return argument.includes(`<${this.#root}`) || argument.includes(`"${this.#root}`)
  }

  #namesTo(path: string): string[] | undefined {
    if (path === this.#root) return []
    return path.startsWith(`${this.#root}/`)
      ? path
          .slice(this.#root.length + 1)
          .split('/')
          .filter((name) => name !== '' && name !== '.')
      : undefined
  }

  #nodeAt(path: string): NodeId | undefined {
    const names = this.#namesTo(path)
    return names && this.#image.find(names)
  }

  #placeOf(path: string): { readonly directory: NodeId; readonly name: string } | undefined {
    const names = this.#namesTo(path)
    const directory = names && this.#image.find(names.slice(0, -1))
    const name = names?.at(-1)
    return directory === undefined || name === undefined ? undefined : { directory, name }
  }

  #link(call: TracedCall, path: string, isDirectory: boolean): NodeId {
    const node = ++this.#nodes
    const place = this.#placeOf(path)
    if (place !== undefined) this.#change(call, { kind: 'link', ...place, node, isDirectory })
    return node
  }

  #change(call: TracedCall, change: Change, writeThrough = false): void {
    this.#image.apply(change)
    this.#note(call, { kind: 'change', change, ended: Infinity, ...(writeThrough && { writeThrough }) })
  }

  #note({ startedAt, endedAt }: TracedCall, event: DiskEvent): void {
    this.#events.push(event)
    this.#times.push({ startedAt, endedAt })
  }
}
