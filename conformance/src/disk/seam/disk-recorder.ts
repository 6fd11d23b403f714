import { closeSync, existsSync, fstatSync, openSync, statSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { ROOT, type Change, type DiskEvent, type Mark, type NodeId } from '../disk-event.js'
import { DiskImage } from '../disk-image.js'
import type { PagedFile } from '../paged-file.js'
import { storedRuns } from './stored-runs.js'

type ChangeEvent = Extract<DiskEvent, { kind: 'change' }>
type FlushEvent = Extract<DiskEvent, { kind: 'flush' }>

/** Calls under way are waited for so long, in ms: more than any of them takes. */
const LONGEST_CALL_MS = 20_000

/** A place in the tree: the directory, and the name in it. */
interface Place {
  readonly directory: NodeId
  readonly name: string
}

/** Writes down what happens to the files below one directory, in the order in which it happens. */
export class DiskRecorder {
  readonly root: string
  readonly events: DiskEvent[] = []
  /** What was there before the first event; all of it is on the device. */
  readonly initial: DiskImage
  /** Calls on these files that nobody here understands: the trace is worth nothing then. */
  readonly unknownCalls = new Set<string>()
  /** What a process sees now. */
  readonly #image: DiskImage
  readonly #writing = new Map<NodeId, number>()
  /** Files that may be mapped into memory and stored into. */
  readonly #mappable = new Set<NodeId>()
  readonly #ends = new Map<NodeId, number>()
  #nodes: number
  #callsUnderWay = 0

  /** `root` is a real path. */
  constructor(root: string) {
    this.root = root
    this.initial = DiskImage.read(root)
    this.#image = new DiskImage(this.initial)
    this.#nodes = Math.max(ROOT, ...this.initial.files.keys(), ...this.initial.directories.keys())
    for (const [node, { size }] of this.initial.files) this.#ends.set(node, size)
  }

  /** The names on the way to a path below the root; `undefined` for every other path. */
  namesTo(path: string): string[] | undefined {
    const full = resolve(path)
    if (full === this.root) return []
    return full.startsWith(this.root + sep) ? full.slice(this.root.length + 1).split(sep) : undefined
  }

  nodeAt(path: string): NodeId | undefined {
    const names = this.namesTo(path)
    return names && this.#image.find(names)
  }

  isDirectory(node: NodeId): boolean {
    return this.#image.isDirectory(node)
  }

  /** A call begins that may change files; what is returned is called when it has ended and is noted. */
  callBegins(): () => void {
    this.#callsUnderWay++
    return () => void this.#callsUnderWay--
  }

  /** No call that changes files is under way. */
  get isIdle(): boolean {
    return this.#callsUnderWay === 0
  }

  mark(mark: Mark): void {
    this.#noticeStores()
    this.events.push({ kind: 'mark', mark })
  }

  /** Notes what has appeared at a path, and in the directories on the way to it. A new name of an old file: `node`. */
  appeared(path: string, node?: NodeId): NodeId | undefined {
    const names = this.namesTo(path)
    let found: NodeId = ROOT
    for (const [at, name] of names?.entries() ?? []) {
      const place = { directory: found, name }
      const isLast = at === (names?.length ?? 0) - 1
      const known = this.#image.find(names?.slice(0, at + 1) ?? [])
      found = known ?? this.#link(place, isLast ? node : undefined)
    }
    return names && found
  }

  /** Notes what has disappeared at a path: the children first. */
  disappeared(path: string): void {
    const names = this.namesTo(path)
    const node = names && this.#image.find(names)
    if (names === undefined || node === undefined) return
    for (const entry of [...this.#image.entries(node)].reverse()) {
      if (!existsSync(join(path, entry.path))) this.#unlink([...names, ...entry.path.split('/')])
    }
    if (!existsSync(path)) this.#unlink(names)
  }

  renamed(from: string, to: string): void {
    const [before, after] = [this.#placeOf(from), this.#placeOf(to)]
    const node = this.nodeAt(from)
    if (before === undefined || after === undefined || node === undefined) {
      this.unknownCalls.add('rename across the border of the directory')
      return
    }
    this.#now({
      kind: 'rename',
      fromDirectory: before.directory,
      fromName: before.name,
      ...after,
      node,
    })
  }

  truncated(node: NodeId, size: number): void {
    this.#ends.set(node, size)
    this.#now({ kind: 'truncate', node, size })
  }

  /** The place behind the last byte, writes under way included. */
  endOf(node: NodeId): number {
    return this.#ends.get(node) ?? 0
  }

  /** A write begins; it may be found in part from now on. What is returned is called with the bytes that were taken. */
  writing(
    node: NodeId,
    offset: number,
    bytes: Uint8Array,
    writeThrough: boolean,
  ): (taken: number | undefined) => void {
    const event: ChangeEvent = {
      kind: 'change',
      change: { kind: 'write', node, offset, bytes },
      ended: Infinity,
      ...(writeThrough && { writeThrough }),
    }
    this.events.push(event)
    this.#ends.set(node, Math.max(this.endOf(node), offset + bytes.byteLength))
    this.#writing.set(node, (this.#writing.get(node) ?? 0) + 1)
    return (taken) => {
      this.#writing.set(node, (this.#writing.get(node) ?? 1) - 1)
      if (taken !== undefined) {
        event.change = { kind: 'write', node, offset, bytes: bytes.subarray(0, taken) }
        event.ended = this.events.length
      }
      this.#image.apply(event.change)
    }
  }

  /** A flush begins; it covers what was complete before. */
  flushing(node: NodeId): (succeeded: boolean) => void {
    this.#noticeStores()
    const event: FlushEvent = { kind: 'flush', node, ended: Infinity }
    this.events.push(event)
    return (succeeded) => {
      event.ended = this.events.length
      if (!succeeded) event.failed = true
    }
  }

  mayBeMapped(node: NodeId): void {
    this.#mappable.add(node)
  }

  /**
   * Why the trace does not tell what is in the files; `undefined` when it does. What the log does on its own, behind its
   * acknowledgements, is looked at between two calls: what one of them has done is in the files before it is noted.
   */
  async whyIncomplete(): Promise<string | undefined> {
    const until = performance.now() + LONGEST_CALL_MS
    while (this.#callsUnderWay > 0 && performance.now() < until) await new Promise(setImmediate)
    this.#noticeStores()
    const [call] = this.unknownCalls
    if (call !== undefined) return `${call} is not understood`
    const apart = DiskImage.read(this.root).differencesFrom(this.#image)
    return apart.length === 0 ? undefined : `${apart.join(', ')} was written past node:fs`
  }

  /**
   * Stores into a memory map make no call. They are found here, before everything that could cover or confirm them:
   * until then they count as not made, and from then on as not flushed.
   */
  #noticeStores(): void {
    for (const { path, node } of this.#image.entries()) {
      if (!this.#mappable.has(node) || (this.#writing.get(node) ?? 0) > 0) continue
      const known = this.#image.files.get(node)
      if (known === undefined) continue
      for (const { offset, bytes } of storesInto(known, join(this.root, path))) {
        this.#now({ kind: 'write', node, offset, bytes })
      }
    }
  }

  #placeOf(path: string): Place | undefined {
    const names = this.namesTo(path)
    const directory = names && this.#image.find(names.slice(0, -1))
    const name = names?.at(-1)
    return directory === undefined || name === undefined ? undefined : { directory, name }
  }

  #link({ directory, name }: Place, existing: NodeId | undefined): NodeId {
    const node = existing ?? ++this.#nodes
    const path = [...this.#image.entries()].find((entry) => entry.node === directory)?.path ?? ''
    const isDirectory = statSync(join(this.root, path, name)).isDirectory()
    this.#now({ kind: 'link', directory, name, node, isDirectory })
    return node
  }

  #unlink(names: readonly string[]): void {
    const directory = this.#image.find(names.slice(0, -1))
    const name = names.at(-1)
    if (directory !== undefined && name !== undefined) this.#now({ kind: 'unlink', directory, name })
  }

  #now(change: Change): void {
    this.events.push({ kind: 'change', change, ended: this.events.length + 1 })
    this.#image.apply(change)
  }
}

/** None where there is no such file, or one of another length: a call that moves or cuts it may be under way, at any moment. */
function storesInto(known: PagedFile, path: string): ReturnType<typeof storedRuns> {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
  try {
    return fstatSync(descriptor).size === known.size ? storedRuns(known, descriptor) : []
  } finally {
    closeSync(descriptor)
  }
}
