import { expect } from 'chai'
import type { Ending } from './forked-process.js'

/** What Node.js says of itself: an experimental or a deprecated module is no fault of the log. */
const WARNING = /^\(node:\d+\) (?:\[\w+\] )?\w*Warning: /
const HINT = /^\(Use `[^`]*` to show where the warning was created\)$/

/** Lines on stderr that are no mere warning. One about a rejection tells of a promise that nobody held. */
export function complaintsIn(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.trim() !== '')
    .filter((line) => (WARNING.test(line) ? /reject/i.test(line) : !HINT.test(line)))
}

/** The process ended by itself, and well, and had nothing to complain about. */
export function expectQuietEnd({ code, signal, stderr }: Ending & { readonly stderr: string }): void {
  expect(signal ?? code, `how the process ended; on stderr: ${stderr}`).to.equal(0)
  expect(complaintsIn(stderr), `what the process said on stderr: ${stderr}`).to.deep.equal([])
}
