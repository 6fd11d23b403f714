import { copyFile, open, rename, stat, truncate, writeFile } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import type { Backend, OpenContext, PersistentLog } from '@persistent-log/core'
import { backend as toy } from '../../src/mutants/toy/toy-backend.js'

const MIB = 1024 * 1024

/** Runs behind each open, with the engine's directory. */
type Way = (log: PersistentLog, engine: string) => void | Promise<void>

/** What follows each compaction. */
const behindCompaction =
  (act: (engine: string) => Promise<void>): Way =>
  (log, engine) => {
    const compact = log.compact.bind(log)
    Object.assign(log, {
      compact: async (options: Parameters<PersistentLog['compact']>[0]) => {
        const report = await compact(options)
        await act(engine)
        return report
      },
    })
  }

/** Ways to be right that other logs do not have. */
const WAYS = {
  /** Node.js warns of a module that it uses. */
  warns: () => process.emitWarning('a module of the toy is an experimental feature', 'ExperimentalWarning'),
  /** It copies a file when it compacts. */
  copies: behindCompaction(async (engine) => {
    await copyFile(join(engine, 'log'), join(engine, 'copy.new'))
    await rename(join(engine, 'copy.new'), join(engine, 'copy'))
  }),
  /** A thread of its own writes a file when it compacts. */
  delegates: behindCompaction(async (engine) => {
    const program = `require('node:fs').writeFileSync(${JSON.stringify(join(engine, 'copy'))}, 'past node:fs')`
    await new Promise((resolve) => new Worker(program, { eval: true }).once('exit', resolve))
  }),
  /** It takes 8 MiB when it is created. */
  reserves: async (_, engine) => {
    const file = join(engine, 'reserve')
    const held = await stat(file).catch(() => undefined)
    if (held === undefined) await writeFile(file, Buffer.alloc(8 * MIB, 1), { flush: true })
  },
  /** It gives space back 32 MiB at a time. */
  hoards: behindCompaction(async (engine) => {
    const file = join(engine, 'segment')
    await writeFile(file, Buffer.alloc(MIB / 2, 1), { flag: 'a' })
    if ((await stat(file)).size > 32 * MIB) await truncate(file)
  }),
  /** It writes several buffers by one call; see below. */
  gathers: () => undefined,
  /** It writes through descriptors that flush; see below. */
  writesThrough: () => undefined,
} satisfies Record<string, Way>

/** How the toy is right. */
export type WayName = keyof typeof WAYS

/** A toy log that does it in another way. */
export const backend: Backend<{ readonly way: WayName }> = {
  name: toy.name,
  summary: 'The toy log, right in another way',
  needsDirectory: true,
  options: {
    safeParse: (input) => ({ success: true, data: input as { readonly way: WayName } }),
  },
  async open(context: OpenContext<{ readonly way: WayName }>) {
    const { way } = context.options
    if (way === 'gathers') await gatherWrites()
    if (way === 'writesThrough') writeThrough()
    const log = await toy.open({ ...context, options: {} })
    const act: Way = WAYS[way]
    await act(log, join(context.directory ?? '', 'engine'))
    return log
  },
}

type Handle = Awaited<ReturnType<typeof open>>
let isChanged = false

/** From here on, this process writes by `writev` what it would write by `write`. */
async function gatherWrites(): Promise<void> {
  if (isChanged) return
  isChanged = true
  const handle = await open(process.execPath, 'r')
  await handle.close()
  const methods = Object.getPrototypeOf(handle) as Handle
  Object.assign(methods, {
    write(this: Handle, buffer: Uint8Array, offset: number, length: number, position: number) {
      return this.writev([buffer.subarray(offset, offset + length)], position)
    },
  })
}

/** From here on, what this process makes anew is written through descriptors that flush, and not flushed again. */
function writeThrough(): void {
  if (isChanged) return
  isChanged = true
  const plain = fs.promises.open
  const { O_RDWR, O_CREAT, O_TRUNC, O_DSYNC } = constants
  const changed: typeof plain = async (path, flags, mode) => {
    if (flags !== 'w+') return plain(path, flags, mode)
    const handle = await plain(path, O_RDWR | O_CREAT | O_TRUNC | O_DSYNC, mode)
    return Object.assign(handle, { datasync: () => Promise.resolve() })
  }
  Object.assign(fs.promises, { open: changed })
  syncBuiltinESMExports()
}
