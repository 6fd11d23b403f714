// The program of a child process that makes a log, damages its files, and opens it: a log must not die of damage, and if
// it does, only this process dies with it.
import { readFile, writeFile } from 'node:fs/promises'
import { deserialize, serialize } from 'node:v8'
import { DiskSeam } from '../disk/seam/disk-seam.js'
import type { Classified } from './classify.js'
import type { SampleLog } from './sample-log.js'
import type { DamageCommand, DamageReport } from './messages.js'

// Before anything of a log is imported: a module may keep functions of node:fs in variables.
const seam = await DiskSeam.install()
const { DiskImage } = await import('../disk/disk-image.js')
const { makeSample } = await import('./sample-log.js')
const { damagesOf } = await import('./damage.js')
const { classify } = await import('./classify.js')
const { repair } = await import('./repair.js')
const { recoverOver } = await import('./recover-over.js')
const { drawn } = await import('../crash-states/drawn.js')
const { Random } = await import('../running/random.js')

function tell(report: DamageReport): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(report, undefined, undefined, (error: Error | null) => (error ? reject(error) : resolve()))
  })
}

function imageOf({ build }: SampleLog): InstanceType<typeof DiskImage> {
  const image = new DiskImage()
  for (const change of build) image.apply(change)
  return image
}

async function make({ bench, plan }: Extract<DamageCommand, { kind: 'make' }>): Promise<void> {
  const sample = await makeSample(seam, bench, plan)
  await writeFile(bench.traceFile, serialize(sample))
  const sizes = [...imageOf(sample).files.values()].map(({ size }) => size)
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  await tell({ kind: 'made', bytes, files: sizes.length, isFollowed: sample.events !== undefined })
}

/** So many of each kind, by their places among all. */
function sampled(groups: readonly (readonly unknown[])[], most: number, random: InstanceType<typeof Random>) {
  let before = 0
  return groups.flatMap(({ length }) => {
    const first = before
    before += length
    return drawn(length, most, random).map((at) => first + at)
  })
}

async function damage({ bench, choice }: Extract<DamageCommand, { kind: 'damage' }>): Promise<void> {
  const sample = deserialize(await readFile(bench.traceFile)) as SampleLog
  seam.follow(undefined, { withoutFlushes: true })
  const whole = imageOf(sample)
  const groups = choice.kinds.map((kind) => damagesOf(kind, sample, whole, bench.seed))
  const damages = groups.flat()
  const { only, most = Infinity, behind = -1, then } = choice
  const numbers = only === undefined ? sampled(groups, most, new Random(bench.seed)) : [only]
  const { order } = bench
  const salvaging = { ...order, config: { ...order.config, recovery: 'salvage' as const } }
  const lookAt = (expected: SampleLog['expected']): Promise<Classified> => {
    if (then === 'repair') return repair(order, expected)
    if (then === 'recover') return recoverOver(order, expected)
    return classify(then === 'salvage' ? salvaging : order, expected)
  }
  for (const number of numbers.filter((each) => each > behind)) {
    const one = damages[number]
    if (one === undefined) throw new RangeError(`damage ${number}: there are ${damages.length}, from 0`)
    const { shown, changes } = one
    await tell({ kind: 'opening', damage: number, shown })
    const image = new DiskImage(whole)
    for (const change of changes) image.apply(change)
    image.materialise(bench.place)
    const found = await lookAt(sample.expected)
    await tell({ kind: 'opened', damage: number, shown, ...found })
  }
  await tell({ kind: 'finished', possible: damages.length })
}

process.on('message', (command: DamageCommand) => {
  // A failure ends the process loudly: the kit sees its exit code and its words.
  void (command.kind === 'make' ? make(command) : damage(command))
})
