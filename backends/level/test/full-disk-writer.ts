import { v } from '@persistent-log/core/backend'
// Writes records until the system takes no more, then once more, and tells what it was told.
import { openDatabase } from '../src/engine-files.js'
import { LevelStore } from '../src/level-store.js'
import { levelOptions } from '../src/options.js'

const VALUE_BYTES = 20_000

const options = v.parse(levelOptions, { compression: false, writeBufferBytes: 1024 * 1024 * 1024 })
const store = new LevelStore({
  database: await openDatabase(String(process.argv[2]), options, []),
  closed: (intact) => {
    console.log(JSON.stringify({ intact }))
    return Promise.resolve()
  },
})

const codeOf = async (write: Promise<void>): Promise<string | undefined> => {
  try {
    await write
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

let acknowledged = 0
let failure: string | undefined
while (failure === undefined && acknowledged < 1_000) {
  const key = Uint8Array.of(1, acknowledged >> 8, acknowledged & 255)
  failure = await codeOf(store.write([{ key, value: new Uint8Array(VALUE_BYTES).fill(acknowledged) }]))
  if (failure === undefined) acknowledged++
}
// Time for a rejection that nobody handles to end the process.
await new Promise((resolve) => setTimeout(resolve, 100))
const next = await codeOf(store.write([{ key: Uint8Array.of(2), value: Uint8Array.of(2) }]))
const readable = (await store.page({ from: Uint8Array.of(1), to: Uint8Array.of(2), limit: 2_000 })).length
console.log(JSON.stringify({ acknowledged, failure, next, readable }))
await store.close()
