import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { runConformance } from '@persistent-log/conformance'
import { inspectHost, whyNotHere } from '../src/host/host.js'
import { TOY_BACKEND } from '../src/mutants/toy/toy-mutants.js'
import { MountedImage } from '../src/power/mounted-image.js'
import { PowerSwitch } from '../src/power/power-switch.js'
import { MOUNT_PREFIX, sweepMounts } from '../src/power/sweep.js'
import { fileSystemName } from '../src/host/file-system.js'

const missing = whyNotHere(await inspectHost([3]), 3, ['ext4', 'xfs'])
/** Needs root and loop devices; in CI it must run. */
function itMounts(title: string, body: () => Promise<void>): void {
  if (missing === undefined || process.env['CI'] === 'true') it(title, body)
  else it.skip(`${title} [skip: ${missing}]`, body)
}

/** A process id that nobody has any more. */
const deadPid = (): number => spawnSync('true').pid

/** The processes that are ready to cut the power of what is mounted there, by their ids. */
const switchesOf = (mount: string): readonly string[] =>
  readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).endsWith(`\0${mount}\0`))

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // It has ended meanwhile.
  }
}

const hasPerl = process.platform === 'linux' && spawnSync('perl', ['-e', '0']).status === 0
function itHasPerl(title: string, body: () => Promise<void>): void {
  if (hasPerl || process.env['CI'] === 'true') it(title, body)
  else it.skip(`${title} [skip: no Linux, or no perl]`, body)
}

const isMounted = (path: string): boolean => readFileSync('/proc/mounts', 'utf8').includes(` ${path} `)

describe('what a killed run leaves behind', () => {
  let parent = ''
  beforeEach(() => void (parent = mkdtempSync(join(tmpdir(), 'plog-'))))
  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  it('is swept when its process is dead, and left alone while it lives', () => {
    const dead = join(parent, `${MOUNT_PREFIX}${deadPid()}-abc`)
    const living = join(parent, `${MOUNT_PREFIX}${process.pid}-abc`)
    for (const folder of [dead, living, join(parent, 'else')]) mkdirSync(folder)
    expect(sweepMounts(parent)).to.deep.equal([dead])
    expect(sweepMounts(parent)).to.deep.equal([])
  })
})

describe('a mounted image', function () {
  this.timeout(120_000)

  for (const fileSystem of ['ext4', 'xfs'] as const) {
    itMounts(
      `is ${fileSystem}, loses at a power cut what was not flushed, and is gone afterwards`,
      async () => {
        let path = ''
        await MountedImage.use({ fileSystem }, async (image) => {
          path = image.path
          expect(fileSystemName(statfsSync(path).type)).to.equal(fileSystem)
          const file = join(path, 'file')
          writeFileSync(file, 'flushed', { flush: true })
          spawnSync('sync', ['-f', path])
          await image.armed(async (power) => {
            writeFileSync(file, 'not flush')
            writeFileSync(join(path, 'new'), 'never named')
            await power.cut()
          })
          await image.restart()
          expect(readFileSync(file, 'utf8')).to.not.equal('not flush')
          expect(spawnSync('ls', [path], { encoding: 'utf8' }).stdout).to.not.include('new')
        })
        expect(isMounted(path)).to.equal(false)
      },
    )
  }

  itMounts('is gone after a failure too', async () => {
    let path = ''
    let failure: unknown
    let switches: readonly string[] = []
    await MountedImage.use({ fileSystem: 'ext4' }, (image) => {
      path = image.path
      return image.armed(() => {
        switches = switchesOf(path)
        return Promise.reject(new Error('the case failed'))
      })
    }).catch((error: unknown) => (failure = error))
    expect(String(failure)).to.include('the case failed')
    expect(isMounted(path)).to.equal(false)
    // Who was armed keeps the file system, though nobody sees it any more.
    expect(switches).to.have.length(1)
    expect(switchesOf(path)).to.deep.equal([])
  })
})

describe('a power switch', () => {
  let place = ''
  beforeEach(() => void (place = mkdtempSync(join(tmpdir(), 'plog-'))))
  afterEach(() => rmSync(place, { recursive: true, force: true }))

  itHasPerl('is disarmed as often as anybody likes, and lets go', async () => {
    const power = await PowerSwitch.arm(place)
    expect(switchesOf(place)).to.have.length(1)
    await power.disarm()
    await power.disarm()
    expect(switchesOf(place)).to.deep.equal([])
  })

  itHasPerl('keeps no process alive that forgets it, and ends with it', async () => {
    const url = JSON.stringify(new URL('../src/power/power-switch.js', import.meta.url).href)
    const program = `await (await import(${url})).PowerSwitch.arm(${JSON.stringify(place)})`
    const options = ['--input-type=module', '--eval', program]
    const { status, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8', timeout: 20_000 })
    expect([status, stderr]).to.deep.equal([0, ''])
    while (switchesOf(place).length > 0) await new Promise((resolve) => setTimeout(resolve, 10))
  })
})

describe('power cuts', function () {
  this.timeout(300_000)

  itMounts('find nothing in a log that flushes, and count what they found', async () => {
    const only = ['dur.power-cut-ext4', 'dur.power-cut-at-creation-xfs']
    const report = await runConformance({ backend: TOY_BACKEND, only, tiers: [3], budgets: { powerCuts: 6 } })
    expect(report.failures.map(({ message }) => message)).to.deep.equal([])
    expect(report.powerCuts).to.be.at.least(4)
    expect(report.ackedWrites.verified).to.be.greaterThan(10)
  })

  itMounts('catch a log that never flushes, which no SIGKILL can', async () => {
    const broken = {
      backend: TOY_BACKEND,
      config: () => ({ options: { toy: { defect: 'neverFlushes' } } }),
      budgets: { powerCuts: 6, kills: 4 },
    }
    expect((await runConformance({ ...broken, only: ['dur.kill-keeps-acked'] })).failed).to.equal(0)
    const cut = await runConformance({ ...broken, only: ['dur.power-cut-ext4'], tiers: [3] })
    expect(cut.failed).to.equal(1)
    // Where even the first bytes of its file are gone, nothing is left in which a call could be missing.
    const isRefused = cut.failures.some(({ message }) => message.includes('has no header'))
    if (!isRefused) expect(cut.ackedWrites.lost).to.be.greaterThan(0)
  })
})
