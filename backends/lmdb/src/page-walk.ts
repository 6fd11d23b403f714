import {
  maxDepth,
  noPage,
  overflowFlag,
  pageHeaderSize,
  readTree,
  readUnsigned,
  subData,
  bigData,
  treeRecordSize,
  versions,
  type Meta,
  type Tree,
} from './lmdb-format.js'
import { readFreeRecord } from './free-list.js'
import { orderFlaw } from './key-order.js'
import { PageSet, type PageFile } from './page-file.js'
import { readNodes, type Node } from './page-node.js'

/** What the pages of one tree add up to, to compare with its description. */
interface Totals {
  branchPages: number
  leafPages: number
  overflowPages: number
  entries: number
}

/** One walk over all that can be reached from a meta page. */
export class Walk {
  readonly #file: PageFile
  readonly #meta: Meta
  readonly #filePages: number
  #used = new PageSet(0)
  #free = new PageSet(0)

  constructor(file: PageFile, meta: Meta) {
    this.#file = file
    this.#meta = meta
    this.#filePages = file.pages(meta.pageSize)
  }

  run(): void {
    const { lastPage, free, main } = this.#meta
    // LMDB may count free pages at the end that it never wrote, but not more of them than a transaction can free.
    if (lastPage >= 2 * this.#filePages + 65536) {
      return this.#file.report(
        'size',
        this.#filePages,
        `${lastPage + 1} pages in use, ${this.#filePages} in the file`,
      )
    }
    this.#used = new PageSet(lastPage + 1)
    this.#free = new PageSet(lastPage + 1)
    this.#tree(free, 'free')
    this.#tree(main, 'main')
    if (this.#file.findings.length > 0) return
    for (let page = 2; page <= lastPage; page++) {
      const isFree = this.#free.has(page)
      if (isFree && this.#used.has(page)) this.#file.report('page', page, 'in use and in the free list')
      if (!isFree && page >= this.#filePages)
        return this.#file.report('size', page, 'beyond the end of the file')
    }
  }

  #tree(tree: Tree, kind: 'free' | 'main' | 'named'): void {
    const { root, depth, flags } = tree
    // The flags of the free list share their place with flags of the environment, which are checked there.
    if (kind !== 'free' && (flags & ~versions) !== 0)
      return this.#file.report('meta', root, 'unsupported key order')
    if (root === noPage) {
      if (depth !== 0 || tree.entries !== 0) this.#file.report('page', 0, 'a tree without pages has entries')
      return
    }
    if (depth < 1 || depth > maxDepth) return this.#file.report('page', root, 'impossible depth of a tree')
    const before = this.#file.findings.length
    const totals: Totals = { branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 }
    const named: Tree[] = []
    this.#page(root, depth, undefined, undefined, { kind, totals, named })
    if (this.#file.findings.length > before) return
    for (const field of ['branchPages', 'leafPages', 'overflowPages', 'entries'] as const) {
      if (totals[field] !== tree[field]) this.#file.report('page', root, `wrong number of ${field} in a tree`)
    }
    for (const each of named) this.#tree(each, 'named')
  }

  #page(page: number, height: number, from: Buffer | undefined, to: Buffer | undefined, tree: Place): void {
    if (!this.#claim(page, 1)) return
    const isLeaf = height === 1
    const { pageSize, transaction } = this.#meta
    const nodes = readNodes(this.#file.read(page * pageSize, pageSize), page, isLeaf, transaction)
    if (typeof nodes === 'string') return this.#file.report('page', page, nodes)
    const minimum = isLeaf || tree.kind === 'free' ? 1 : 2
    if (nodes.length < minimum) return this.#file.report('page', page, 'too few entries')
    const wrongOrder = orderFlaw(nodes, isLeaf, from, to, tree.kind === 'free')
    if (wrongOrder) return this.#file.report('page', page, wrongOrder)

    if (isLeaf) {
      tree.totals.leafPages++
      tree.totals.entries += nodes.length
      for (const node of nodes) this.#leafNode(page, node, tree)
      return
    }
    tree.totals.branchPages++
    nodes.forEach((node, index) => {
      const low = index === 0 ? from : node.key
      this.#page(node.child, height - 1, low, nodes[index + 1]?.key ?? to, tree)
    })
  }

  #leafNode(page: number, node: Node, tree: Place): void {
    if (node.flags === subData) {
      if (tree.kind !== 'main' || node.size !== treeRecordSize) {
        return this.#file.report('page', page, 'a named database where there cannot be one')
      }
      tree.named.push(readTree(node.data, 0))
    }
    const value = node.flags === bigData ? this.#overflow(page, node, tree) : node.data
    if (tree.kind !== 'free' || !value) return
    const flaw = readFreeRecord(value, this.#meta.lastPage, this.#free)
    if (flaw) this.#file.report('page', page, flaw)
  }

  /** Checks a value on pages of its own; returns its bytes only where they have a meaning, in the free list. */
  #overflow(page: number, node: Node, tree: Place): Buffer | undefined {
    const first = readUnsigned(node.data, 0)
    const count = readUnsigned(node.data, 16)
    const { pageSize, transaction } = this.#meta
    const writer = readUnsigned(node.data, 8)
    if (writer < 1 || writer > transaction) {
      this.#file.report('page', page, 'a value written by a transaction that is yet to come')
      return undefined
    }
    if (count < 1 || node.size > count * pageSize - pageHeaderSize) {
      this.#file.report('page', page, 'a value that does not fit its pages')
      return undefined
    }
    if (!this.#claim(first, count)) return undefined
    const header = this.#file.read(first * pageSize, pageHeaderSize)
    const sound =
      readUnsigned(header, 0) === first &&
      // The node repeats the transaction. LMDB takes a page of a later one for its own, and fails to free it.
      readUnsigned(header, 8) === writer &&
      header.readUInt16LE(18) === overflowFlag &&
      header.readUInt32LE(20) === count
    if (!sound) this.#file.report('page', first, 'not the pages of a value')
    tree.totals.overflowPages += count
    return sound && tree.kind === 'free'
      ? this.#file.read(first * pageSize + pageHeaderSize, node.size)
      : undefined
  }

  /** Marks pages as used; false when they cannot be, which also ends every cycle. */
  #claim(first: number, count: number): boolean {
    const last = first + count - 1
    if (first < 2 || !(last <= this.#meta.lastPage)) {
      this.#file.report('page', first, 'page number out of range')
      return false
    }
    if (last >= this.#filePages) {
      this.#file.report('size', last, 'beyond the end of the file')
      return false
    }
    for (let page = first; page <= last; page++) {
      if (this.#used.has(page)) {
        this.#file.report('page', page, 'reached twice')
        return false
      }
      this.#used.add(page)
    }
    return true
  }
}

/** The tree a page belongs to, as far as its pages care. */
interface Place {
  readonly kind: 'free' | 'main' | 'named'
  readonly totals: Totals
  readonly named: Tree[]
}
