// Accepts at process-crash, one slot after the other, and tells each acknowledgement, until it is killed.
import { openDirectoryLog } from './open-directory-log.js'
import { valueOf } from './open-log.js'

const [directory = '', mmap = 'auto', regionBytes = '65536'] = process.argv.slice(2)
const log = await openDirectoryLog(directory, {
  mmap: mmap === 'off' ? 'off' : 'required',
  regionBytes: Number(regionBytes),
})
await log.promise({ round: 1, nodeId: 1 })
for (let slot = 0; ; slot++) {
  await log.accept(
    { slot, ballot: { round: 1, nodeId: 1 }, value: valueOf(slot, 1) },
    { survives: 'process-crash' },
  )
  if (slot % 3 === 0)
    await log.commit({ slot, ballot: { round: 1, nodeId: 1 } }, { survives: 'process-crash' })
  process.send?.(slot)
  if (slot % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
}
