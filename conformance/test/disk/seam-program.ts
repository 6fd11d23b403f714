// Changes files in every way that node:fs knows, and says what the seam saw. Started by seam.test.ts.
import { join } from 'node:path'
import { DiskSeam } from '../../src/disk/seam/disk-seam.js'
import { DiskRecorder } from '../../src/disk/seam/disk-recorder.js'

const seam = await DiskSeam.install()
const fs = await import('node:fs')
const promises = await import('node:fs/promises')
const { promisify } = await import('node:util')

const [, , root = '', settings = '{}'] = process.argv
const recorder = new DiskRecorder(root)
seam.follow(recorder, JSON.parse(settings) as object)
const at = (...names: string[]): string => join(root, ...names)
const failures: string[] = []
const attempt = async (what: string, act: () => unknown): Promise<void> => {
  try {
    await act()
  } catch (error) {
    failures.push(`${what}: ${String(error)}`)
  }
}

await attempt('synchronous calls', () => {
  fs.mkdirSync(at('one', 'two'), { recursive: true })
  fs.writeFileSync(at('one', 'whole'), 'written as a whole')
  fs.appendFileSync(at('one', 'whole'), ' and more')
  fs.writeFileSync(at('one', 'whole'), 'shorter now')
  const descriptor = fs.openSync(at('one', 'two', 'pieces'), 'w+')
  fs.writeSync(descriptor, Buffer.from('abcdef'), 1, 3, 10)
  fs.writeSync(descriptor, 'text', 20)
  fs.writeSync(descriptor, 'behind each other')
  fs.writevSync(descriptor, [Buffer.from('gathered '), Buffer.from('pieces')], 40)
  fs.ftruncateSync(descriptor, 50)
  fs.fsyncSync(descriptor)
  fs.closeSync(descriptor)
  fs.renameSync(at('one', 'two', 'pieces'), at('one', 'moved'))
  fs.truncateSync(at('one', 'moved'), 45)
  fs.linkSync(at('one', 'moved'), at('one', 'two', 'linked'))
  fs.copyFileSync(at('one', 'moved'), at('one', 'copied'))
  fs.renameSync(at('one', 'two'), at('one', 'three'))
})
await attempt('calls with callbacks', async () => {
  const descriptor = await promisify(fs.open)(at('callback'), 'a')
  const { bytesWritten } = await promisify(fs.write)(descriptor, Buffer.from('appended'), 0, 8, null)
  if (bytesWritten !== 8) throw new Error(`${bytesWritten} bytes`)
  await promisify(fs.fdatasync)(descriptor)
  await promisify(fs.close)(descriptor)
  await promisify(fs.writeFile)(at('callback whole'), 'content')
  await new Promise((resolve) => fs.createWriteStream(at('stream')).end('streamed', () => resolve(undefined)))
})
await attempt('promises', async () => {
  await promises.writeFile(at('promised'), 'written')
  const handle = await promises.open(at('promised'), 'a+')
  await handle.appendFile(' appended')
  await handle.writeFile(' once more')
  await handle.write('and again')
  await handle.datasync()
  await handle.close()
  await promises.copyFile(at('promised'), at('one', 'copied'))
  await promises.copyFile(at('promised'), at('copied too'), fs.constants.COPYFILE_EXCL)
  await promises.mkdir(at('gone', 'deep'), { recursive: true })
  await promises.writeFile(at('gone', 'deep', 'file'), 'x')
  await promises.rm(at('gone'), { recursive: true })
  const directory = await promises.open(root, 'r')
  await directory.sync()
  await directory.close()
})
await attempt('calls that nobody waits for', async () => {
  await promises.writeFile(at('background'), 'written')
  void promises.rename(at('background'), at('renamed'))
  void promises.writeFile(at('late'), 'written late')
  // The event loop stands still: the threads of the pool go on.
  for (let turn = 0; turn < 1_000 && fs.existsSync(at('background')); turn++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  }
})
const flushes = recorder.events.filter(({ kind }) => kind === 'flush')
const { failedFlushes, shortWrites } = seam
const incomplete = await recorder.whyIncomplete()
seam.follow(undefined)
console.log(JSON.stringify({ failures, incomplete, flushes: flushes.length, failedFlushes, shortWrites }))
