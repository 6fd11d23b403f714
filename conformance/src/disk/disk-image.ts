import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, type Change, type NodeId } from './disk-event.js'
import { PagedFile } from './paged-file.js'

/** A log renames a file now and then: what fails so often in a row is not there. */
const READ_ATTEMPTS = 100

/** Files and directories, as they are or as a crash may have left them. Names and bytes are stored apart. */
export class DiskImage {
  readonly #directories: Map<NodeId, Map<string, NodeId>>
  readonly #files: Map<NodeId, PagedFile>
  /** Files that no other image has. */
  readonly #own = new Set<NodeId>()

  constructor(from?: DiskImage) {
    this.#directories = new Map([[ROOT, new Map<string, NodeId>()]])
    this.#files = new Map(from?.files)
    for (const [node, names] of from?.directories ?? []) this.#directories.set(node, new Map(names))
    if (from !== undefined) from.#own.clear()
  }

  get files(): ReadonlyMap<NodeId, PagedFile> {
    return this.#files
  }

  get directories(): ReadonlyMap<NodeId, ReadonlyMap<string, NodeId>> {
    return this.#directories
  }

  /**
   * Makes a change take effect. What it presupposes may be lost: then its own effect is invisible, or the bytes are
   * zeros.
   */
  apply(change: Change): void {
    switch (change.kind) {
      case 'link':
        if (change.isDirectory) this.#names(change.node)
        else if (!this.#files.has(change.node)) this.#files.set(change.node, new PagedFile())
        this.#names(change.directory).set(change.name, change.node)
        return
      case 'rename': {
        const { fromDirectory, fromName, directory, name, node } = change
        const before = this.#names(fromDirectory)
        if (before.get(fromName) === node) before.delete(fromName)
        if (!this.#directories.has(node) && !this.#files.has(node)) this.#files.set(node, new PagedFile())
        this.#names(directory).set(name, node)
        return
      }
      case 'unlink':
        this.#names(change.directory).delete(change.name)
        return
      case 'write':
        this.#change(change.node, (file) => file.write(change.offset, change.bytes))
        return
      case 'truncate':
        this.#change(change.node, (file) => file.truncate(change.size))
    }
  }

  /** The node of a path below the root. */
  find(path: readonly string[]): NodeId | undefined {
    let node: NodeId | undefined = ROOT
    for (const name of path) node = node === undefined ? undefined : this.#directories.get(node)?.get(name)
    return node
  }

  isDirectory(node: NodeId): boolean {
    return this.#directories.has(node)
  }

  /** Everything that can be reached from the root, parents first. */
  *entries(from: NodeId = ROOT, path = ''): Generator<{ readonly path: string; readonly node: NodeId }> {
    for (const [name, node] of this.#directories.get(from) ?? []) {
      const place = path === '' ? name : `${path}/${name}`
      yield { path: place, node }
      if (this.#directories.has(node)) yield* this.entries(node, place)
    }
  }

  /**
   * Makes a directory of the real file system look like this image. Directories and files that are there already are
   * used again: creating and removing names is what a file system is slow at.
   */
  materialise(directory: string, node: NodeId = ROOT): void {
    const names = this.#directories.get(node) ?? new Map<string, NodeId>()
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const wanted = names.get(entry.name)
      const fits = wanted !== undefined && this.#directories.has(wanted) === entry.isDirectory()
      if (!fits) rmSync(join(directory, entry.name), { recursive: true, force: true })
    }
    for (const [name, child] of names) {
      const file = this.#files.get(child)
      const place = join(directory, name)
      if (file !== undefined) writeFileSync(place, file.toBytes())
      else {
        if (!existsSync(place)) mkdirSync(place)
        this.materialise(place, child)
      }
    }
  }

  /**
   * The image of a directory of the real file system. What a log does in the background goes on meanwhile, outside of
   * JavaScript: where a name has gone before it could be read, all is read again.
   */
  static read(directory: string): DiskImage {
    for (let attempt = 1; ; attempt++) {
      try {
        return DiskImage.#readOnce(directory)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === READ_ATTEMPTS) throw error
      }
    }
  }

  static #readOnce(directory: string): DiskImage {
    const image = new DiskImage()
    let next = ROOT
    const visit = (path: string, node: NodeId): void => {
      for (const name of readdirSync(path).sort()) {
        const place = join(path, name)
        const isDirectory = lstatSync(place).isDirectory()
        const child = ++next
        image.apply({ kind: 'link', directory: node, name, node: child, isDirectory })
        if (isDirectory) visit(place, child)
        else image.apply({ kind: 'write', node: child, offset: 0, bytes: readFileSync(place) })
      }
    }
    visit(directory, ROOT)
    return image
  }

  /** The paths at which two images differ. */
  differencesFrom(other: DiskImage): string[] {
    const [mine, theirs] = [this.#contents(), other.#contents()]
    return [...new Set([...mine.keys(), ...theirs.keys()])].filter((path) => {
      const [one, two] = [mine.get(path), theirs.get(path)]
      return one === undefined || two === undefined || !one.equals(two)
    })
  }

  #contents(): Map<string, Buffer> {
    const contents = [...this.entries()].map(
      ({ path, node }) => [path, this.#files.get(node)?.toBytes() ?? Buffer.from('directory')] as const,
    )
    return new Map(contents)
  }

  #names(directory: NodeId): Map<string, NodeId> {
    let names = this.#directories.get(directory)
    if (names === undefined) this.#directories.set(directory, (names = new Map<string, NodeId>()))
    return names
  }

  #change(node: NodeId, act: (file: PagedFile) => void): void {
    let file = this.#files.get(node)
    if (file === undefined || !this.#own.has(node)) {
      // Another image may have the same file.
      this.#files.set(node, (file = new PagedFile(file)))
      this.#own.add(node)
    }
    act(file)
  }
}
