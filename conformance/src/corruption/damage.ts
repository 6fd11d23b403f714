import { ROOT, type Change, type NodeId } from '../disk/disk-event.js'
import type { DiskImage } from '../disk/disk-image.js'
import { Random } from '../running/random.js'
import { imageAt, type SampleLog, type StoredFile } from './sample-log.js'

/** One thing that happened to the files of a closed log. */
export interface Damage {
  /** What, in words. */
  readonly shown: string
  readonly changes: readonly Change[]
}

/** What kinds of damage there are. */
export type DamageKind = 'flip' | 'truncation' | 'cut' | 'removal' | 'block' | 'write' | 'stale' | 'foreign'

/** In bytes: stretches that are zeroed, or change places. */
const BLOCK_BYTES = [64, 512, 4_096] as const

interface Target extends StoredFile {
  readonly node: NodeId
}

/** All damage of a kind that is done to a log; what depends on chance is drawn by the seed. */
export function damagesOf(kind: DamageKind, sample: SampleLog, image: DiskImage, seed: number): Damage[] {
  const random = new Random(seed)
  const targets = [...image.entries()].flatMap(({ path, node }) => {
    const file = image.files.get(node)
    return file === undefined ? [] : [{ path, node, bytes: file.toBytes() }]
  })
  switch (kind) {
    case 'flip':
      return targets.flatMap((target) => flips(target, random))
    case 'truncation':
      return targets.flatMap(truncations)
    case 'cut':
      return cuts(sample, image)
    case 'removal':
      return removals(image)
    case 'block':
      return targets.flatMap((target) => [...zeroedBlocks(target), ...swappedBlocks(target, random)])
    case 'write':
      return [...lostWrites(sample, image), ...swappedWrites(sample, image)]
    case 'stale':
      return replaced(targets, sample.older, 'an older version of')
    case 'foreign':
      return replaced(targets, sample.foreign, "another log's")
  }
}

/** Every byte, one bit of each. */
function flips({ path, node, bytes }: Target, random: Random): Damage[] {
  return Array.from(bytes, (byte, offset) => {
    const bit = random.below(8)
    const change: Change = { kind: 'write', node, offset, bytes: Uint8Array.of(byte ^ (1 << bit)) }
    return { shown: `bit ${bit} of byte ${offset} of ${path}`, changes: [change] }
  })
}

/** Every length that is shorter. */
function truncations({ path, node, bytes }: Target): Damage[] {
  return Array.from({ length: bytes.byteLength }, (_, size) => ({
    shown: `${path} cut to ${size} of ${bytes.byteLength} bytes`,
    changes: [{ kind: 'truncate', node, size }],
  }))
}

/** Of everything in the log's directory. Without that there is no log, and nobody can tell that there was one. */
function removals(image: DiskImage): Damage[] {
  const inside = [...image.entries()].filter(({ path }) => path.includes('/'))
  return inside.map(({ path }) => {
    const names = path.split('/')
    const directory = image.find(names.slice(0, -1)) ?? ROOT
    return { shown: `${path} removed`, changes: [{ kind: 'unlink', directory, name: names.at(-1) ?? '' }] }
  })
}

function zeroedBlocks({ path, node, bytes }: Target): Damage[] {
  return BLOCK_BYTES.flatMap((length) =>
    blocksOf(bytes, length).map((offset) => {
      const zeros = new Uint8Array(Math.min(length, bytes.byteLength - offset))
      return {
        shown: `${zeros.byteLength} bytes of ${path} from ${offset} zeroed`,
        changes: [{ kind: 'write', node, offset, bytes: zeros } satisfies Change],
      }
    }),
  )
}

function swappedBlocks({ path, node, bytes }: Target, random: Random): Damage[] {
  return BLOCK_BYTES.flatMap((length) => {
    const offsets = blocksOf(bytes, length).filter((offset) => offset + length <= bytes.byteLength)
    return random.shuffled(offsets).flatMap((one, at, all) => {
      const other = all[(at + 1) % all.length]
      return other === undefined || other === one ? [] : [swap(path, node, bytes, one, other, length)]
    })
  })
}

function swap(
  path: string,
  node: NodeId,
  bytes: Uint8Array,
  one: number,
  other: number,
  length: number,
): Damage {
  const piece = (offset: number): Uint8Array => Uint8Array.from(bytes.subarray(offset, offset + length))
  return {
    shown: `${length} bytes of ${path} at ${one} and at ${other} changed places`,
    changes: [
      { kind: 'write', node, offset: one, bytes: piece(other) },
      { kind: 'write', node, offset: other, bytes: piece(one) },
    ],
  }
}

const blocksOf = (bytes: Uint8Array, length: number): number[] =>
  Array.from({ length: Math.ceil(bytes.byteLength / length) }, (_, at) => at * length)

interface SeenWrite {
  readonly at: number
  readonly node: NodeId
  readonly path: string
  readonly offset: number
  readonly length: number
}

/** The writes to files that are still there, by the path that these have now. */
function seenWrites({ events = [] }: SampleLog, image: DiskImage): SeenWrite[] {
  const paths = new Map([...imageAt(events, events.length).entries()].map(({ path, node }) => [node, path]))
  return events.flatMap((event, at) => {
    if (event.kind !== 'change' || event.change.kind !== 'write') return []
    const path = paths.get(event.change.node)
    const node = path === undefined ? undefined : image.find(path.split('/'))
    if (path === undefined || node === undefined) return []
    const { offset, bytes } = event.change
    return [{ at, node, path, offset, length: bytes.byteLength }]
  })
}

/** Where a write began, everything from there on is gone: nothing that is left looks torn. */
function cuts(sample: SampleLog, image: DiskImage): Damage[] {
  return seenWrites(sample, image)
    .filter(({ offset }) => offset > 0)
    .map(({ node, path, offset }) => ({
      shown: `${path} cut at its write at ${offset}`,
      changes: [{ kind: 'truncate', node, size: offset }],
    }))
}

/** A disk that said yes and wrote nothing: everything is as it was, but for one write. */
function lostWrites(sample: SampleLog, image: DiskImage): Damage[] {
  const { events = [] } = sample
  return seenWrites(sample, image).flatMap(({ at, node, path, offset, length }) => {
    const without = imageAt(
      events.filter((_, place) => place !== at),
      events.length,
    )
    const left = without.files.get(without.find(path.split('/')) ?? ROOT)?.toBytes()
    const right = image.files.get(node)?.toBytes()
    if (left === undefined || right === undefined || left.equals(right)) return []
    const changes: Change[] = [
      { kind: 'truncate', node, size: 0 },
      { kind: 'write', node, offset: 0, bytes: left },
    ]
    return [{ shown: `the write of ${length} bytes at ${offset} of ${path} never arrived`, changes }]
  })
}

/** Writes of one length, each where the other belongs. */
function swappedWrites(sample: SampleLog, image: DiskImage): Damage[] {
  const seen = seenWrites(sample, image)
  return seen.flatMap((one, at) => {
    const isAlike = ({ node, offset, length }: SeenWrite): boolean =>
      node === one.node && length === one.length && offset >= one.offset + length
    const other = seen.slice(at + 1).find(isAlike)
    const bytes = image.files.get(one.node)?.toBytes()
    if (other === undefined || bytes === undefined) return []
    return [swap(one.path, one.node, bytes, one.offset, other.offset, one.length)]
  })
}

function replaced(targets: readonly Target[], others: readonly StoredFile[], whose: string): Damage[] {
  const byPath = new Map(others.map((file) => [file.path, file.bytes]))
  return targets.flatMap(({ path, node, bytes }) => {
    const other = byPath.get(path)
    if (other === undefined || Buffer.compare(other, bytes) === 0) return []
    const changes: Change[] = [
      { kind: 'truncate', node, size: 0 },
      { kind: 'write', node, offset: 0, bytes: other },
    ]
    return [{ shown: `${whose} ${path} in its place`, changes }]
  })
}
