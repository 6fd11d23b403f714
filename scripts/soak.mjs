// What `npm test` does in minutes, with the full budgets: the kit in all tiers that the machine can run, per backend, and
// eight threads that read for half a minute while the log is written. As root it cuts the power too.
//
//   npm run soak                          everything: half an hour and more per backend
//   npm run soak -- threads level         only these
//
// Each run of the kit leaves its report and its certificate in soak-results/. At the end stands what was counted, and what
// is below the least that a full examination has.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, root, shown } from './workspaces.mjs'

const RESULTS = join(root, 'soak-results')
/** The least that a full examination of a persistent log has. */
const LEAST = { crashStates: 5_000, kills: 100, powerCuts: 40, damages: 40_000 }

const fileOf = (name, kind) => join(RESULTS, `${name}.${kind}`)

const kit = (name, backend, { options, only, least = LEAST } = {}) => ({
  report: fileOf(name, 'json'),
  least,
  args: [
    ...[join(root, 'cli/bin/plog.js'), 'conformance', backend, '--tier', '1,2,3'],
    ...['--json', fileOf(name, 'json'), '--html', fileOf(name, 'html')],
    ...(options === undefined ? [] : ['--options', JSON.stringify(options)]),
    ...(only === undefined ? [] : ['--only', only]),
    // Defects of an engine that its adapter cannot mend, listed with their reasons.
    ...[join(root, 'backends', backend, 'waivers.json')]
      .filter(existsSync)
      .flatMap((file) => ['--waivers', file]),
  ],
})
const THREADS = ['node_modules/mocha/bin/mocha.js', 'backends/faster/dist/test/threads-stress.test.js']
const STEPS = {
  threads: { args: THREADS, env: { PLOG_SOAK_SECONDS: '30' } },
  faster: kit('faster', 'faster', { options: { mmap: 'required' } }),
  'faster-without-mmap': kit('faster-without-mmap', 'faster', { options: { mmap: 'off' } }),
  'faster-small-segments': kit('faster-small-segments', 'faster', { options: { segmentBytes: 8192 } }),
  'faster-compressed': kit('faster-compressed', 'faster', {
    options: { segmentBytes: 8192, compression: true },
  }),
  lmdb: kit('lmdb', 'lmdb'),
  level: kit('level', 'level'),
  'level-uncompressed': kit('level-uncompressed', 'level', {
    options: { compression: false },
    only: 'rot',
    least: { damages: LEAST.damages },
  }),
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in STEPS))
if (unknown.length > 0) {
  console.error(`there is no ${unknown.join(', ')}; there are ${Object.keys(STEPS).join(', ')}`)
  process.exit(2)
}

/** What a report says, as a row of the table. */
const rowOf = ({ passed, failed, skipped, ackedWrites, corruption, tookMs, ...counted }) => {
  const { silent, wrong, dead } = corruption
  const damages = Object.values(corruption).reduce((sum, count) => sum + count, 0)
  const { crashStates, kills, powerCuts, faults } = counted
  return {
    passed,
    failed,
    waived: skipped.filter(({ because }) => because === 'waiver').length,
    ...{ crashStates, kills, powerCuts, faults: faults.hit, damages },
    'acked verified': ackedWrites.verified,
    lost: ackedWrites.lost,
    'silent, wrong, dead': [silent, wrong, dead].join(', '),
    minutes: Math.round(tookMs / 60_000),
  }
}

mkdirSync(RESULTS, { recursive: true })
const outcomes = (wanted.length > 0 ? wanted : Object.keys(STEPS)).map((name) => {
  console.log(`\n== ${name}`)
  const { args, env = {}, report, least = {} } = STEPS[name]
  // An older report must not pass for the one of a run that died.
  if (report !== undefined) rmSync(report, { force: true })
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  const isKit = report !== undefined
  const row = isKit && existsSync(report) ? rowOf(readJson(report)) : undefined
  const missing = Object.entries(least).filter(([what, count]) => row !== undefined && row[what] < count)
  const complaints = [
    ...(status === 0 ? [] : ['failed']),
    ...(isKit && row === undefined ? ['left no report'] : []),
    ...missing.map(([what, count]) => `${row[what]} ${what}, not ${count}`),
  ]
  return { name, row, complaints }
})

console.log()
const rows = outcomes.flatMap(({ name, row }) => (row === undefined ? [] : [[name, row]]))
if (rows.length > 0) console.table(Object.fromEntries(rows))
for (const { name, complaints } of outcomes) {
  console.log(complaints.length === 0 ? `ok   ${name}` : `FAIL ${name}: ${complaints.join('; ')}`)
}
console.log(`reports and certificates: ${shown(RESULTS)}`)
process.exit(outcomes.every(({ complaints }) => complaints.length === 0) ? 0 : 1)
