import { expect } from 'chai'
import { isPersistentLogError, type ErrorCode, type PersistentLogError } from '../../src/errors/index.js'

/** The error that a call ends with; it must be one of a log, with this code. */
export async function rejection(code: ErrorCode, call: () => unknown): Promise<PersistentLogError> {
  try {
    await call()
  } catch (error) {
    if (!isPersistentLogError(error, code)) throw error
    return error
  }
  return expect.fail(`nothing was refused; ${code} was expected`)
}
