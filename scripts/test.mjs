// Runs the compiled tests of every package and the tidy tests, a mocha process per suite, three at most side by side: one
// more than there are cores, since a suite waits for the disk too; in CI none more, where other things run beside them.
// Where the conformance kit is one test of a backend among others, it is a suite of its own.
//
//   npm test                                   everything
//   npm test -- core backends/memory tidy      these suites only
//   npm test -- --grep ballot                  other arguments go to mocha
//
// The last line is `N passed, N failed, N skipped` over all suites. With CI=true a skipped test is a failed one: a case
// that a backend's capabilities rule out is printed by the conformance kit and is not a mocha test at all.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sideBySide } from './side-by-side.mjs'
import { addTotals, close, noTotals, outcomeOf } from './totals.mjs'
import { filesBelow, root, shown, workspaces } from './workspaces.mjs'

const MOCHA = join(root, 'node_modules/mocha/bin/mocha.js')
const REPORTER = join(root, 'scripts/ci-reporter.mjs')
const SUITE_LIMIT_MS = 30 * 60_000 // A suite that leaves a handle open would otherwise never end.
const REST_OF_OUTPUT_MS = 5_000
const MOST_SIDE_BY_SIDE = 3
const inCi = process.env.CI === 'true'

// The longest first, or one of them would be left to run alone at the end. What is not here takes seconds.
const LONGEST_FIRST = [
  'backends/faster',
  'examples/custom-backend',
  'backends/level',
  'backends/lmdb',
  'conformance',
  'examples',
  'bench',
]
const rank = ({ folder }) =>
  LONGEST_FIRST.includes(folder) ? LONGEST_FIRST.indexOf(folder) : LONGEST_FIRST.length

/** A file that runs the whole kit over a backend. */
const isKit = (file) => /^conformance(?:-without-[^/]+)?\.test\.js$/.test(basename(file))

const suitesOf = ({ folder, path }) => {
  const files = filesBelow(join(path, 'dist/test')).filter((file) => file.endsWith('.test.js'))
  const others = files.filter((file) => !isKit(file))
  if (others.length === 0 || others.length === files.length) return [{ name: folder, folder, files }]
  return [
    { name: folder, folder, files: others },
    { name: `${folder} (kit)`, folder, files: files.filter(isKit) },
  ]
}

const tidy = {
  name: 'tidy',
  folder: 'tidy',
  files: filesBelow(join(root, 'scripts/tidy')).filter((file) => file.endsWith('.test.mjs')),
}
const suites = [tidy, ...workspaces().flatMap(suitesOf)]
  .filter(({ files }) => files.length > 0)
  .sort((one, other) => rank(one) - rank(other))

const known = new Set(['tidy', ...workspaces().map(({ folder }) => folder)])
const chosen = process.argv.slice(2).filter((argument) => known.has(argument))
const mochaArguments = process.argv.slice(2).filter((argument) => !known.has(argument))
// A pattern that matches in one suite matches nothing in the others; that is no fault of theirs.
if (mochaArguments.some((argument) => /^(?:-g|-f|--grep|--fgrep)/.test(argument))) {
  mochaArguments.push('--no-fail-zero')
}

const workFolder = mkdtempSync(join(tmpdir(), 'suite-accounts-'))

const runSuite = async ({ name, files }, print) => {
  print(`\n== ${name}\n`)
  const account = join(workFolder, `${name.replaceAll('/', '-')}.json`)
  const specs = files.flatMap((file) => ['--spec', shown(file)])
  const colour = process.stdout.isTTY ? ['--color'] : []
  const child = spawn(
    process.execPath,
    [MOCHA, '--reporter', REPORTER, ...colour, ...specs, ...mochaArguments],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: SUITE_LIMIT_MS,
      env: { ...process.env, MOCHA_ACCOUNT_FILE: account },
    },
  )
  child.stdout.on('data', print)
  child.stderr.on('data', print)
  const closed = once(child, 'close')
  const [status, signal] = await once(child, 'exit')
  // A process that a suite leaves behind holds its output open.
  await Promise.race([closed, sleep(REST_OF_OUTPUT_MS, undefined, { ref: false })])
  child.stdout.destroy()
  child.stderr.destroy()
  const ending = signal ?? `exit code ${status}`
  if (!existsSync(account)) {
    const early = outcomeOf(`${name}: the suite ended before it could report (${ending})`, false)
    return { ...early, skippedTests: [] }
  }
  const { passed, failed, skipped, failures } = JSON.parse(readFileSync(account, 'utf8'))
  const isLost = status !== 0 && failed === 0
  const skippedTests = skipped.map(({ title, reason }) => `${name}: ${title} - ${reason}`)
  const forbidden = inCi ? skippedTests : []
  return {
    passed,
    failed: failed + (isLost ? 1 : 0) + forbidden.length,
    skipped: skippedTests.length - forbidden.length,
    failures: [
      ...failures.map((failure) => `${name}: ${failure}`),
      ...(isLost ? [`${name}: no test failed, but the suite ended with ${ending}`] : []),
      ...forbidden.map((skippedTest) => `skipped, which CI forbids: ${skippedTest}`),
    ],
    skippedTests: inCi ? [] : skippedTests,
  }
}

const results = await sideBySide(
  suites
    .filter(({ folder }) => chosen.length === 0 || chosen.includes(folder))
    .map((suite) => (print) => runSuite(suite, print)),
  Math.min(MOST_SIDE_BY_SIDE, availableParallelism() + (inCi ? 0 : 1)),
)
const totals = results.reduce(addTotals, noTotals())
const skippedTests = results.flatMap((result) => result.skippedTests)
rmSync(workFolder, { recursive: true, force: true })

if (skippedTests.length > 0) {
  console.log('\nSkipped:')
  for (const line of skippedTests) console.log(`  ${line}`)
}
console.log()
close(totals)
