import { TEST_BOOT_ID_VARIABLE } from '@persistent-log/core/backend'
import { observe, type Observation } from '../crash/observation.js'
import { perform, type Operation } from '../crash/operation.js'
import { Oracle } from '../crash/oracle.js'
import { planWorkload, type WorkloadOrder } from '../crash/workload.js'
import type { Bench, WorkloadPlan } from '../crash-states/messages.js'
import type { Change, DiskEvent } from '../disk/disk-event.js'
import { DiskImage } from '../disk/disk-image.js'
import { DiskRecorder } from '../disk/seam/disk-recorder.js'
import type { DiskSeam } from '../disk/seam/disk-seam.js'
import { Random } from '../running/random.js'
import { openLogUnderTest } from '../running/target.js'
import { planCheckpoints } from './plan-checkpoints.js'

/** A log that was closed, and how its files came about. */
export interface SampleLog {
  /** Changes of which the files are made. */
  readonly build: readonly Change[]
  /** What it holds. */
  readonly expected: Observation
  /** Everything that happened to the files; absent when not all of it could be seen. */
  readonly events: readonly DiskEvent[] | undefined
  /** Files as they were within the last session, at a moment when one that is still there was another. */
  readonly older: readonly StoredFile[]
  /** The files of another log that was made in the same way. */
  readonly foreign: readonly StoredFile[]
}

/** A file by its path below the bench's place. */
export interface StoredFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Parts of the last session. */
const OLDER_AT = [1 / 2, 3 / 4, 7 / 8, 15 / 16]

/** The files of an image. */
export function filesOf(image: DiskImage): StoredFile[] {
  return [...image.entries()].flatMap(({ path, node }) => {
    const file = image.files.get(node)
    return file === undefined ? [] : [{ path, bytes: file.toBytes() }]
  })
}

/** Makes a log of decisions, proposals, records and checkpoints, closes it, and another one beside it. */
export async function makeSample(seam: DiskSeam, bench: Bench, plan: WorkloadPlan): Promise<SampleLog> {
  process.env[TEST_BOOT_ID_VARIABLE] = 'the boot of the workload'
  const empty = new DiskImage()
  empty.materialise(bench.place)
  await grow(bench, plan, bench.seed + 1)
  const foreign = filesOf(DiskImage.read(bench.place))
  empty.materialise(bench.place)

  const recorder = new DiskRecorder(bench.place)
  seam.follow(recorder)
  let lastOpened = 0
  const expected = await grow(bench, plan, bench.seed, () => (lastOpened = recorder.events.length))
  const incomplete = await recorder.whyIncomplete()
  seam.follow(undefined)
  const image = DiskImage.read(bench.place)
  const events = incomplete === undefined ? recorder.events : undefined
  const older = events === undefined ? [] : olderFiles(events, lastOpened, filesOf(image))
  return { build: [...changesThatMake(image)], expected, events, older, foreign }
}

async function grow(
  bench: Bench,
  { sessions, calls, valueLength, only }: WorkloadPlan,
  seed: number,
  opened: () => void = () => undefined,
): Promise<Observation> {
  const random = new Random(seed)
  const base = new Oracle()
  for (let session = 0; session < sessions; session++) {
    const log = await openLogUnderTest(bench.order)
    opened()
    const { capabilities } = bench
    const label = `${seed}/${session}`
    const weakest = capabilities.survives.commit
    const order = { base, count: calls, random, capabilities, valueLength, label, weakest }
    for (const operation of planned(order, only)) {
      await perform(log, operation)
      base.apply(operation)
    }
    const isLast = session === sessions - 1
    const found = isLast ? await observe(log) : undefined
    await log.close()
    if (found !== undefined) return found
  }
  return base.expected()
}

function planned(order: WorkloadOrder, only: WorkloadPlan['only']): readonly Operation[] {
  if (only === 'compacted to an older checkpoint') return planCheckpoints(order, 'older')
  if (only === 'compacted to the newest checkpoint') return planCheckpoints(order, 'newest')
  return planWorkload(order)
}

/** Of the middle, unless a log has given up all that it had then: of somewhat later. */
function olderFiles(
  events: readonly DiskEvent[],
  lastOpened: number,
  now: readonly StoredFile[],
): readonly StoredFile[] {
  const bytesNow = new Map(now.map(({ path, bytes }) => [path, bytes]))
  const isOther = ({ path, bytes }: StoredFile): boolean => {
    const later = bytesNow.get(path)
    return later !== undefined && Buffer.compare(later, bytes) !== 0
  }
  let older: readonly StoredFile[] = []
  for (const part of OLDER_AT) {
    older = filesOf(imageAt(events, Math.floor(lastOpened + (events.length - lastOpened) * part)))
    if (older.some(isOther)) break
  }
  return older
}

/** The files when so many events had happened. */
export function imageAt(events: readonly DiskEvent[], count: number): DiskImage {
  const image = new DiskImage()
  for (const event of events.slice(0, count)) if (event.kind === 'change') image.apply(event.change)
  return image
}

function* changesThatMake(image: DiskImage): Generator<Change> {
  for (const [directory, names] of image.directories) {
    for (const [name, node] of names) {
      const file = image.files.get(node)
      yield { kind: 'link', directory, name, node, isDirectory: file === undefined }
      if (file !== undefined) yield { kind: 'write', node, offset: 0, bytes: file.toBytes() }
    }
  }
}
