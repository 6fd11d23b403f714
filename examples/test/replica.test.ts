import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { program, run, type Outcome } from './run.js'

const MAIN = 'replica/main'
const TMPFS = 0x01021994
const SHARED_MEMORY = '/dev/shm'

/** Proofs of one backend, by what survives: the kill, eleven others; or the kill and what is left to show. */
const PROOFS_OF_A_DURABLE_BACKEND = 12
const PROOFS_OF_MEMORY = 5

describe('the life of a replica', function () {
  this.timeout(120_000) // Processes are started, killed and started again.
  let place = ''

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'plog-'))
  })
  afterEach(() => rmSync(place, { recursive: true, force: true }))

  const live = (...args: string[]): Promise<Outcome> => run(MAIN, ['--directory', place, ...args])

  function expectProved({ code, output, errors }: Outcome, backend: string, proofs: number): void {
    expect(errors).to.equal('')
    expect(output).not.to.include('FAILED')
    expect(output.match(new RegExp(`proved  ${backend}: `, 'g'))).to.have.length(proofs)
    expect(code).to.equal(0)
  }

  it('is proved on every backend by changing one word; memory shows that it does not survive', async () => {
    const outcome = await live('--commands', '2000', '--seed', '11')
    for (const backend of ['faster', 'lmdb', 'level']) {
      expectProved(outcome, backend, PROOFS_OF_A_DURABLE_BACKEND)
      expect(outcome.output).to.match(
        new RegExp(`│ ${backend} +│ +2,000 │.*│ power-loss │ all [\\d,]+ commits`),
      )
    }
    expectProved(outcome, 'memory', PROOFS_OF_MEMORY)
    expect(outcome.output).to.include('nothing (as declared)')
    expect(outcome.output).to.include('All 41 proofs hold')
  })

  it("takes a user's own file, with blank lines, a byte order mark and Windows line ends", async () => {
    const file = join(place, 'my.ndjson')
    const lines = Array.from({ length: 300 }, (_, n) => JSON.stringify({ user: `u${n % 7}`, amount: n / 4 }))
    writeFileSync(file, `\ufeff${lines.join('\r\n')}\r\n\r\n`)
    const outcome = await live('--backend', 'level', '--input', file)
    expectProved(outcome, 'level', PROOFS_OF_A_DURABLE_BACKEND)
    expect(outcome.output).to.include(`300 commands of ${file}`)
    expect(outcome.output).to.include('user: 7 different')
  })

  it('works with a single command, and with a backend named by its package', async () => {
    const file = join(place, 'one.ndjson')
    writeFileSync(file, '{"only": true}')
    const outcome = await live('--backend', '@persistent-log/backend-example', '--input', file)
    expectProved(outcome, '@persistent-log/backend-example', PROOFS_OF_A_DURABLE_BACKEND)
  })

  it('leaves nothing behind', async () => {
    await live('--commands', '500', '--backend', 'faster')
    expect(readdirSync(place)).to.deep.equal([])
  })

  it('is not proved on a log that forgets what it acknowledged, and says what is lost', async () => {
    const outcome = await live('--commands', '1000', '--backend', program('../test/forgetful-backend'))
    expect(outcome.code).to.equal(1)
    expect(outcome.output).to.match(
      /FAILED .*every acknowledged commit is there with its value \(slot \d+, .* more\)/,
    )
    expect(outcome.output).to.match(/FAILED .*every acknowledged accept is there/)
    expect(outcome.output).to.match(/FAILED .*the promise stands \(none\)/)
    expect(outcome.output).to.match(/│ NOT PROVED +│/)
    expect(outcome.output).to.match(/\d+ of \d+ proofs FAILED\. Repeat with --seed \d+/)
  })

  it('cleans up when it is interrupted: no process and no file is left', async () => {
    const child = spawn(process.execPath, [program(MAIN), '--directory', place, '--commands', '20000'])
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (text: Buffer) => {
        if (text.toString().includes('commits')) resolve()
      })
    })
    expect(readdirSync(place)).to.have.length(1)
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    child.kill('SIGINT')
    expect(await ended).to.equal(130)
    expect(readdirSync(place)).to.deep.equal([])
  })

  describe('refuses, in words,', () => {
    async function refusal(...args: string[]): Promise<string> {
      const { code, output, errors } = await live(...args)
      expect(code).to.equal(1)
      expect(output).not.to.include('proofs hold')
      expect(errors, 'no stack').not.to.include('    at ')
      expect(readdirSync(place).filter((name) => !name.endsWith('.ndjson'))).to.deep.equal([])
      return errors
    }

    it('a file that does not exist', async () => {
      expect(await refusal('--input', join(place, 'none.ndjson'))).to.include('none.ndjson: no such file')
    })

    it('a directory as its input', async () => {
      expect(await refusal('--input', place)).to.include('cannot be read: it is a directory')
    })

    it('a line that is not JSON, by its number', async () => {
      const file = join(place, 'bad.ndjson')
      writeFileSync(file, '{"a":1}\n\n{"a":\n')
      expect(await refusal('--input', file)).to.match(/bad\.ndjson:3: not JSON/)
    })

    it('a line that is no object, by its number', async () => {
      const file = join(place, 'bad.ndjson')
      writeFileSync(file, '{"a":1}\n[2]\n')
      expect(await refusal('--input', file)).to.include(
        'bad.ndjson:2: each line must be a JSON object, got [2]',
      )
    })

    it('a file without commands', async () => {
      const file = join(place, 'empty.ndjson')
      writeFileSync(file, '\n\n')
      expect(await refusal('--input', file)).to.include('empty.ndjson holds no commands')
    })

    it('a command that is larger than the log takes, by its line', async () => {
      const file = join(place, 'large.ndjson')
      writeFileSync(file, `{"a":1}\n{"a":"${'x'.repeat(17 * 1024 * 1024)}"}\n`)
      expect(await refusal('--backend', 'level', '--input', file)).to.match(
        /large\.ndjson:2: the command has \d+ bytes/,
      )
    })

    it('an unknown backend, and lists the known ones', async () => {
      expect(await refusal('--backend', 'leveldb')).to.include(
        'unknown backend; known are faster, lmdb, level, memory, all',
      )
    })

    it('an option that it does not know, and shows those that it does', async () => {
      const errors = await refusal('--backends', 'level')
      expect(errors).to.include("Unknown option '--backends'")
      expect(errors).to.include('--backend NAME')
    })

    it('numbers that are none', async () => {
      expect(await refusal('--commands', '0')).to.include('--commands must be an integer from 1')
      expect(await refusal('--seed', 'x')).to.include('--seed must be an integer from 0')
    })

    it('a directory that is a file', async () => {
      const file = join(place, 'file.ndjson')
      writeFileSync(file, '')
      const { code, errors } = await run(MAIN, ['--directory', file, '--commands', '10'])
      expect(code).to.equal(1)
      expect(errors).to.include(`--directory ${file} cannot be used`)
    })

    const hasMemory = existsSync(SHARED_MEMORY) && statfsSync(SHARED_MEMORY).type === TMPFS
    if (hasMemory) {
      it('a directory in memory, where a flush proves nothing', async () => {
        const { code, errors } = await run(MAIN, ['--directory', SHARED_MEMORY, '--commands', '10'])
        expect(code).to.equal(1)
        expect(errors).to.include('is on tmpfs: it lives in memory')
      })
    }
  })
})
