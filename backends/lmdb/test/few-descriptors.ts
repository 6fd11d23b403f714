// Opens a log with more and more descriptors left, until one is opened, and prints how each try ended.
import { closeSync, openSync } from 'node:fs'
import { isPersistentLogError } from '@persistent-log/core/backend'
import { openAt } from './logs.js'

const taken: number[] = []
try {
  for (;;) taken.push(openSync('/dev/null', 'r'))
} catch {
  // All that there are.
}
// With none at all Node.js reads no directory either: that is another failure.
for (let isOpened = false; !isOpened && taken.length > 0;) {
  closeSync(taken.pop()!)
  try {
    const log = await openAt(String(process.argv[2]))
    isOpened = true
    console.log(`${log.recovery.decisions} decisions`)
    for (const descriptor of taken) closeSync(descriptor)
    await log.close()
  } catch (error) {
    console.log(isPersistentLogError(error) ? error.code : String(error))
  }
}
