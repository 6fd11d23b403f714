import fs from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

type Target = string | URL | Buffer | number
type Content = string | NodeJS.ArrayBufferView | AsyncIterable<string | Uint8Array>
type Options =
  | BufferEncoding
  | {
      readonly encoding?: BufferEncoding | null
      readonly flag?: string | number
      readonly mode?: number
      readonly flush?: boolean
    }
  | null
  | undefined

const settled = (options: Options) => (typeof options === 'object' ? (options ?? {}) : { encoding: options })

function bytesOf(content: Exclude<Content, AsyncIterable<unknown>>, options: Options): Uint8Array {
  if (typeof content === 'string') return Buffer.from(content, settled(options).encoding ?? 'utf8')
  return new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
}

async function gathered(content: Content, options: Options): Promise<Uint8Array> {
  if (typeof content === 'string' || ArrayBuffer.isView(content)) return bytesOf(content, options)
  const pieces: Uint8Array[] = []
  for await (const piece of content) pieces.push(Buffer.from(piece as Uint8Array))
  return Buffer.concat(pieces)
}

async function writeWhole(handle: FileHandle, content: Content, options: Options): Promise<void> {
  const bytes = await gathered(content, options)
  for (let done = 0; done < bytes.byteLength;) {
    done += (await handle.write(bytes, done, bytes.byteLength - done)).bytesWritten
  }
}

function writeWholeSync(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength;) {
    done += fs.writeSync(descriptor, bytes, done, bytes.byteLength - done)
  }
}

const isHandle = (target: unknown): target is FileHandle =>
  typeof target === 'object' && target !== null && 'fd' in target

/**
 * The functions that write, append to, cut or copy a whole file, made of those that open, write and close: Node.js has them
 * make system calls of their own, past everything that watches the others.
 */
function inPieces(defaultFlag: 'w' | 'a') {
  const promised = async (
    target: Target | FileHandle,
    content: Content,
    options?: Options,
  ): Promise<void> => {
    if (isHandle(target)) return writeWhole(target, content, options)
    const { flag, mode, flush } = settled(options) as Exclude<Options, string | null | undefined>
    const handle = await fs.promises.open(target as string, flag ?? defaultFlag, mode)
    try {
      await writeWhole(handle, content, options)
      if (flush === true) await handle.sync()
    } finally {
      await handle.close()
    }
  }
  const synchronous = (
    target: Target,
    content: Exclude<Content, AsyncIterable<unknown>>,
    options?: Options,
  ): void => {
    const bytes = bytesOf(content, options)
    if (typeof target === 'number') return writeWholeSync(target, bytes)
    const { flag, mode, flush } = settled(options) as Exclude<Options, string | null | undefined>
    const descriptor = fs.openSync(target, flag ?? defaultFlag, mode)
    try {
      writeWholeSync(descriptor, bytes)
      if (flush === true) fs.fsyncSync(descriptor)
    } finally {
      fs.closeSync(descriptor)
    }
  }
  return { promised, synchronous }
}

async function truncate(path: string, size = 0): Promise<void> {
  const handle = await fs.promises.open(path, 'r+')
  try {
    await handle.truncate(size)
  } finally {
    await handle.close()
  }
}

function truncateSync(path: string, size = 0): void {
  const descriptor = fs.openSync(path, 'r+')
  try {
    fs.ftruncateSync(descriptor, size)
  } finally {
    fs.closeSync(descriptor)
  }
}

/** A clone that is asked for is made as a copy: where it could fail, an ordinary copy is in order too. */
function copyFlag(mode: number): 'w' | 'wx' {
  return (mode & fs.constants.COPYFILE_EXCL) === 0 ? 'w' : 'wx'
}

async function copyFile(from: string, to: string, mode = 0): Promise<void> {
  const content = await fs.promises.readFile(from)
  const { mode: permissions } = await fs.promises.stat(from)
  await fs.promises.writeFile(to, content, { flag: copyFlag(mode), mode: permissions })
}

function copyFileSync(from: string, to: string, mode = 0): void {
  const content = fs.readFileSync(from)
  fs.writeFileSync(to, content, { flag: copyFlag(mode), mode: fs.statSync(from).mode })
}

/** A function with a callback, made of one that promises. */
const calledBack =
  (promised: (...args: never[]) => Promise<unknown>) =>
  (...all: unknown[]): void => {
    const callback = all.at(-1) as (error: unknown) => void
    promised(...(all.slice(0, -1) as never[])).then(
      () => callback(null),
      (error: unknown) => callback(error),
    )
  }

/** Replaces them in this process. */
export async function splitWholeFileCalls(): Promise<void> {
  const [write, append] = [inPieces('w'), inPieces('a')]
  const handle = await fs.promises.open(process.execPath, 'r')
  await handle.close()
  async function onHandle(this: FileHandle, content: Content, options?: Options): Promise<void> {
    await writeWhole(this, content, options)
  }
  Object.assign(Object.getPrototypeOf(handle) as object, { writeFile: onHandle, appendFile: onHandle })
  Object.assign(fs.promises, { writeFile: write.promised, appendFile: append.promised, truncate, copyFile })
  Object.assign(fs, {
    writeFileSync: write.synchronous,
    appendFileSync: append.synchronous,
    truncateSync,
    copyFileSync,
    writeFile: calledBack(write.promised),
    appendFile: calledBack(append.promised),
    truncate: calledBack(truncate),
    copyFile: calledBack(copyFile),
  })
  syncBuiltinESMExports()
}
