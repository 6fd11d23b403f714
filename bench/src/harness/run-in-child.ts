import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { CellMessage } from './cell-child.js'
import type { CellRequest } from './cell.js'

const CHILD = fileURLToPath(new URL('cell-child.js', import.meta.url))

/**
 * Runs a round in a fresh process, which leaves a CPU profile in a folder if one is named. Whatever happens to that
 * process is an outcome; this never rejects.
 */
export function runInChild(request: CellRequest, timeoutMs: number, profiles?: string): Promise<CellMessage> {
  return new Promise((resolve) => {
    let answer: CellMessage | undefined
    let errors = ''
    const execArgv = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`]
    const child = fork(CHILD, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv })
    child.stderr?.on('data', (data: Buffer) => {
      errors = (errors + data.toString()).slice(-KEPT_ERROR_CHARACTERS)
    })
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, timeoutMs)
    child.on('message', (message: CellMessage) => {
      answer = message
    })
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve({ kind: 'failed', reason: error.message })
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (isLate) resolve({ kind: 'failed', reason: `did not end within ${timeoutMs} ms` })
      else if (code === 0 && answer) resolve(answer)
      else if (answer?.kind === 'failed') resolve(answer)
      else resolve({ kind: 'failed', reason: `ended with ${signal ?? `code ${code}`}: ${errors.trim()}` })
    })
    child.send(request)
  })
}

const KEPT_ERROR_CHARACTERS = 2_000
