import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** How a program ended, and what it said. */
export interface Outcome {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** A compiled program of this package. */
export const program = (name: string): string => fileURLToPath(new URL(`../src/${name}.js`, import.meta.url))

/** Runs a program to its end, as a user does. */
export function run(name: string, args: readonly string[] = []): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program(name), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output, errors }))
  })
}
