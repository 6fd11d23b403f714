import { dirname } from 'node:path'
import { performOn, type DiskImage, type DiskOperation } from './memory-disk.js'
import { generator } from './random.js'

/** Writes are torn at multiples of this, below the size of any record, in bytes. */
const SECTOR_BYTES = 64
/** So many pending pieces are left out, or kept alone, one by one. */
const SINGLES = 8
const RANDOM_STATES = 3

interface Piece {
  readonly operation: DiskOperation
  /** Index of the operation that made it durable. */
  readonly durableAt: number
}

/** One legal content of the disk after a power cut behind operation `after`. */
export interface CrashState {
  readonly after: number
  /** Made when it is asked for, which is what costs; anew each time. */
  readonly image: DiskImage
  readonly pending: number
}

/**
 * Legal disk contents after a power cut behind each operation: what was flushed is there, everything else in any
 * combination. The strict model: a name is durable only after a sync of its directory, and writes persist by sectors in
 * any order.
 */
export function* crashStates(
  operations: readonly DiskOperation[],
  seed: number,
  from = 0,
): Generator<CrashState> {
  const pieces = operations.map((operation, index) => ({
    index,
    parts: piecesOf(operations, operation, index),
  }))
  const random = generator(seed)
  for (let after = from; after < operations.length; after++) {
    const inPlay = pieces.slice(0, after + 1).flatMap(({ parts }) => parts)
    const pending = inPlay.filter(({ durableAt }) => durableAt > after)
    for (const lost of lostSets(pending, random)) {
      yield {
        after,
        pending: pending.length,
        get image() {
          return imageWithout(lost, inPlay)
        },
      }
    }
  }
}

/** Operations that put everything of an image on a disk, durably. */
export function durably({ names, inodes }: DiskImage): DiskOperation[] {
  const files = [...names].flatMap(([name, inode]): DiskOperation[] => [
    { kind: 'create', name, inode },
    { kind: 'write', inode, offset: 0, bytes: inodes.get(inode) ?? Buffer.alloc(0) },
    { kind: 'flush', inode },
  ])
  const folders = ['', 'checkpoints/'].map((folder): DiskOperation => ({ kind: 'sync-directory', folder }))
  return [...files, ...folders]
}

function imageWithout(lost: ReadonlySet<Piece>, inPlay: readonly Piece[]): DiskImage {
  const image: DiskImage = { names: new Map(), inodes: new Map() }
  for (const piece of inPlay) if (!lost.has(piece)) performOn(image, piece.operation)
  // A name may be durable before anything of its file is.
  for (const inode of image.names.values())
    if (!image.inodes.has(inode)) image.inodes.set(inode, Buffer.alloc(0))
  return image
}

function* lostSets(
  pending: readonly Piece[],
  random: (below: number) => number,
): Generator<ReadonlySet<Piece>> {
  yield new Set(pending)
  if (pending.length === 0) return
  yield new Set()
  for (const piece of pending.slice(-SINGLES)) {
    yield new Set([piece])
    if (pending.length > 2) yield new Set(pending.filter((other) => other !== piece))
  }
  for (let at = 1; at < Math.min(pending.length, SINGLES); at++) yield new Set(pending.slice(at))
  for (let state = 0; state < RANDOM_STATES && pending.length > 2; state++) {
    yield new Set(pending.filter(() => random(2 ** 32) < 2 ** 31))
  }
}

function piecesOf(all: readonly DiskOperation[], operation: DiskOperation, index: number): Piece[] {
  const until = (is: (later: DiskOperation) => boolean): number => {
    const found = all.findIndex((later, at) => at > index && is(later))
    return found < 0 ? Infinity : found
  }
  switch (operation.kind) {
    case 'write': {
      const { inode, offset, bytes } = operation
      const durableAt = until((later) => later.kind === 'flush' && later.inode === inode)
      const parts: Piece[] = []
      for (let at = 0; at < bytes.byteLength;) {
        const end = Math.min(bytes.byteLength, at + SECTOR_BYTES - ((offset + at) % SECTOR_BYTES))
        parts.push({
          operation: { kind: 'write', inode, offset: offset + at, bytes: bytes.subarray(at, end) },
          durableAt,
        })
        at = end
      }
      return parts
    }
    case 'truncate':
      return [
        { operation, durableAt: until((later) => later.kind === 'flush' && later.inode === operation.inode) },
      ]
    case 'create':
    case 'remove':
    case 'rename': {
      const folder = folderOf(operation.kind === 'rename' ? operation.to : operation.name)
      return [
        {
          operation,
          durableAt: until((later) => later.kind === 'sync-directory' && later.folder === folder),
        },
      ]
    }
    case 'flush':
    case 'sync-directory':
      return []
  }
}

const folderOf = (name: string): string => (dirname(name) === '.' ? '' : `${dirname(name)}/`)
