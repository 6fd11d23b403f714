// Makes a clone ready to run: installs if need be, drops outputs whose source is gone, compiles.
// Node built-ins only, because it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow, root, workspaces } from './workspaces.mjs'

const CLOCK_SLACK_MS = 5_000 // `npm install` writes the lock file just after the installed tree.

const run = (command, args, options = {}) => {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) console.error(error.message)
  if (status !== 0) process.exit(status ?? 1)
}

const installedIsCurrent = () => {
  const installed = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(installed)) return false
  return statSync(installed).mtimeMs + CLOCK_SLACK_MS >= statSync(join(root, 'package-lock.json')).mtimeMs
}

/** `tsc -b` never deletes: without this, a test that was renamed would go on running from dist. */
const dropStaleOutputs = () => {
  for (const { path } of workspaces()) {
    for (const output of filesBelow(join(path, 'dist'))) {
      const match = /^(.*)\.(?:js|d\.ts)(?:\.map)?$/.exec(output.slice(join(path, 'dist').length + 1))
      if (match && !existsSync(join(path, `${match[1]}.ts`))) rmSync(output)
    }
  }
}

if (!installedIsCurrent()) run('npm', ['ci'], { shell: process.platform === 'win32' })
dropStaleOutputs()
run(process.execPath, [join(root, 'node_modules/@typescript/native/bin/tsc'), '-b'])
