// The same log from a YAML file, from environment variables and from an object; and what a slip looks like.
//   npm run build && node examples/dist/src/07-configuration-files.js
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPersistentLogError, openLog, type ConfigSource } from '@persistent-log/core'

const folder = await mkdtemp(join(tmpdir(), 'plog-config-'))

const file = join(folder, 'log.yaml')
await writeFile(
  file,
  `# Paths are relative to this file.
backend: lmdb
directory: ./data
limits:
  valueBytes: 65536
`,
)
const log = await openLog({ file })
await log.learn({ slot: 0, ballot: { round: 1, nodeId: 1 }, value: Buffer.from('hello') })
console.log(`from YAML: ${log.backend}, values of up to ${log.capabilities.limits.valueBytes} bytes`)
await log.close()

// In production this is process.env: { environment: process.env }.
const environment = { PLOG_BACKEND: 'lmdb', PLOG_DIRECTORY: join(folder, 'data') }
const same = await openLog({ environment })
console.log(
  `from the environment: the same log, "${Buffer.from((await same.read(0))?.value ?? []).toString()}"`,
)
await same.close()

// Every field that is wrong is named, with what is allowed.
const slips: ConfigSource[] = [
  { backend: 'lmbd', directory: folder },
  { backend: 'lmdb', directory: folder, firstSlot: -1, fullWaitMs: 1.5 },
  { backend: 'lmdb', directory: join(folder, 'data'), options: { lmdb: { mapSizeByte: 1 } } },
  { environment: { PLOG_BACKEND: 'memory', PLOG_RECOVERY: 'maybe' } },
  { backend: 'level', directory: join(folder, 'data') },
]
for (const slip of slips) {
  try {
    await (await openLog(slip)).close()
    console.log('opened')
  } catch (error) {
    if (!isPersistentLogError(error)) throw error
    console.log(`refused: ${error.message.replaceAll(folder, '...')}`)
  }
}
await rm(folder, { recursive: true })
