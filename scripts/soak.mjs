// What `npm test` does in minutes, with the full budgets: the kit in all tiers that the machine can run, per backend, and
// eight threads that read for half a minute while the log is written. Takes hours; as root it cuts the power too.
//
//   npm run soak                          everything
//   npm run soak -- threads level         only these
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './workspaces.mjs'

const plog = (backend, options = {}) => [
  ...[join(root, 'cli/bin/plog.js'), 'conformance', backend, '--tier', '1,2,3', '--budget', 'full'],
  ...(Object.keys(options).length > 0 ? ['--options', JSON.stringify(options)] : []),
]
const THREADS = ['node_modules/mocha/bin/mocha.js', 'backends/faster/dist/test/threads-stress.test.js']
const STEPS = {
  threads: { args: THREADS, env: { PLOG_SOAK_SECONDS: '30' } },
  faster: { args: plog('faster', { mmap: 'required' }) },
  'faster-without-mmap': { args: plog('faster', { mmap: 'off' }) },
  'faster-small-segments': { args: plog('faster', { segmentBytes: 8192 }) },
  lmdb: { args: plog('lmdb') },
  level: { args: plog('level') },
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in STEPS))
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}; there are ${Object.keys(STEPS).join(', ')}`)
  process.exit(2)
}
const outcomes = (wanted.length > 0 ? wanted : Object.keys(STEPS)).map((name) => {
  console.log(`\n== ${name}`)
  const { args, env = {} } = STEPS[name]
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  return { name, ok: status === 0 }
})
console.log()
for (const { name, ok } of outcomes) console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}`)
process.exit(outcomes.every(({ ok }) => ok) ? 0 : 1)
