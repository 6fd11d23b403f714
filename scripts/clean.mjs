// Removes everything that was built. With --all also what was installed.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, workspaces } from './workspaces.mjs'

const remove = (...parts) => rmSync(join(root, ...parts), { recursive: true, force: true })

for (const { folder } of workspaces()) {
  remove(folder, 'dist')
  if (process.argv.includes('--all')) remove(folder, 'node_modules')
}
remove('coverage')
remove('api-docs')
if (process.argv.includes('--all')) remove('node_modules')
