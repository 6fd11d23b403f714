import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  openDirectory,
  type LogDirectory,
  type OpenDirectoryRequest,
} from '../../../src/backend/directory/index.js'
import { isPersistentLogError, type PersistentLogError } from '../../../src/errors/index.js'

/** A fresh directory for each test of a suite, removed after it. */
export function freshDirectory(): () => string {
  let path = ''
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'plog-'))
  })
  afterEach(() => rm(path, { recursive: true, force: true }))
  return () => path
}

/** Opens a log directory with usual answers to everything that a test does not care about. */
export function openAt(
  directory: string,
  request: Partial<OpenDirectoryRequest> = {},
): Promise<LogDirectory> {
  return openDirectory({
    directory,
    backend: 'test',
    formatVersion: 1,
    firstSlot: 0,
    initialise: () => Promise.resolve(),
    ...request,
  })
}

/** The typed error that a promise must reject with. */
export async function refusal(promise: Promise<unknown>): Promise<PersistentLogError> {
  try {
    await promise
  } catch (error) {
    if (isPersistentLogError(error)) return error
    throw error
  }
  throw new Error('it was not refused')
}
