import { mkdirSync } from 'node:fs'
import process from 'node:process'
import { tooWeak } from '../subjects/log-subject.js'
import { openSubject } from '../subjects/open-subject.js'
import type { SubjectRequest } from '../subjects/subject.js'
import { Values } from '../values.js'
import { fill } from './fill.js'

/** What is written, and how the process ends. */
export interface FillRequest extends SubjectRequest {
  readonly entries: number
  readonly valueBytes: number
  /** By SIGKILL, in the moment when everything is acknowledged; else the subject is closed. */
  readonly isKilled: boolean
}

const request = JSON.parse(process.argv[2] ?? '') as FillRequest
mkdirSync(request.directory, { recursive: true })
const subject = await openSubject(request)
const isOfUse = subject.isStored && (subject.log && tooWeak(subject.log, request.survives)) === undefined
if (isOfUse) {
  await fill(subject, new Values(request.valueBytes), request.entries)
  if (request.isKilled) process.kill(process.pid, 'SIGKILL')
}
await subject.close()
