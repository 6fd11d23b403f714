import { v } from '@persistent-log/core/backend'
// Writes records until the system takes no more, then once more, and tells what it was told.
import { openEnvironment } from '../src/engine-files.js'
import { LmdbStore } from '../src/lmdb-store.js'
import { lmdbOptions } from '../src/options.js'

const VALUE_BYTES = 20_000
/** Rewritten by every write, as a log does with its meta record. */
const COUNTER = Uint8Array.of(2)

const options = v.parse(lmdbOptions, {})
const store = new LmdbStore({
  environment: openEnvironment(String(process.argv[2]), options),
  writeTimeoutMs: options.writeTimeoutMs,
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
  const value = new Uint8Array(VALUE_BYTES).fill(acknowledged)
  failure = await codeOf(
    store.write([
      { key, value },
      { key: COUNTER, value: key },
    ]),
  )
  if (failure === undefined) acknowledged++
}
// Time for a rejection that nobody handles to end the process.
await new Promise((resolve) => setTimeout(resolve, 100))
const next = await codeOf(store.write([{ key: COUNTER, value: COUNTER }]))
const readable = (await store.page({ from: Uint8Array.of(1), to: Uint8Array.of(2), limit: 2_000 })).length
console.log(JSON.stringify({ acknowledged, failure, next, readable }))
await store.close()
