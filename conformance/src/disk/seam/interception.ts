import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** How a call ended. */
export type Outcome = { readonly value: unknown } | { readonly error: unknown }

/** What becomes of one call. */
export interface Plan {
  /** Made with these arguments instead. */
  readonly args?: readonly unknown[]
  /** Not made at all: it ends like this. */
  readonly instead?: Outcome
  /** Told how it ended, before the caller is. */
  readonly done?: (outcome: Outcome) => void
}

/** Looks at a call before it is made; `undefined` lets it pass. */
export type Watch = (args: readonly unknown[]) => Plan | undefined

/** A call by the name that it has in `node:fs`. */
export type Lookout = (call: string, args: readonly unknown[]) => Plan | undefined

type Call = (this: unknown, ...args: unknown[]) => unknown
type Calls = Record<string, Call | undefined>

/** Methods of a `FileHandle`, and the functions that do the same to a descriptor. */
const HANDLE_METHODS: Readonly<Record<string, string>> = {
  write: 'write',
  writev: 'writev',
  truncate: 'ftruncate',
  sync: 'fsync',
  datasync: 'fdatasync',
  close: 'close',
}

/** Replaces a function, with all that hangs on it: `promisify` finds its rules there. */
function replace(owner: Calls, name: string, make: (original: Call) => Call): void {
  const original = owner[name]
  if (original === undefined) return
  const { length: _, ...properties } = Object.getOwnPropertyDescriptors(original)
  owner[name] = Object.defineProperties(make(original), properties)
}

function resultOf({ error, value }: { error?: unknown; value?: unknown }, failed: boolean): unknown {
  if (failed) throw error
  return value
}

const synchronous = (original: Call, watch: Watch): Call =>
  function (...args) {
    const plan = watch(args)
    if (plan === undefined) return original.apply(this, args)
    let outcome = plan.instead
    try {
      outcome ??= { value: original.apply(this, [...(plan.args ?? args)]) }
    } catch (error) {
      outcome = { error }
    }
    plan.done?.(outcome)
    return resultOf(outcome, 'error' in outcome)
  }

const promised = (original: Call, watchOf: (self: unknown) => Watch): Call =>
  function (...args) {
    const plan = watchOf(this)(args)
    if (plan === undefined) return original.apply(this, args)
    const { instead, done } = plan
    const settle = (outcome: Outcome): unknown => {
      done?.(outcome)
      return resultOf(outcome, 'error' in outcome)
    }
    if (instead !== undefined) return new Promise(setImmediate).then(() => settle(instead))
    const made = original.apply(this, [...(plan.args ?? args)]) as Promise<unknown>
    return made.then(
      (value) => settle({ value }),
      (error: unknown) => settle({ error }),
    )
  }

const withCallback = (original: Call, watch: Watch): Call =>
  function (...all) {
    const callback = all.at(-1) as Call
    const args = all.slice(0, -1)
    const plan = typeof callback === 'function' ? watch(args) : undefined
    if (plan === undefined) return original.apply(this, all)
    const ended = (error: unknown, ...results: unknown[]): void => {
      plan.done?.(error ? { error } : { value: results[0] })
      callback(error, ...results)
    }
    const { instead } = plan
    if (instead === undefined) return original.apply(this, [...(plan.args ?? args), ended])
    setImmediate(() => ('error' in instead ? ended(instead.error) : ended(null, instead.value)))
    return undefined
  }

/** The prototype of a `FileHandle`, which no module exports. */
async function handlePrototype(): Promise<Calls> {
  const handle = await fs.promises.open(process.execPath, 'r')
  await handle.close()
  return Object.getPrototypeOf(handle) as Calls
}

/**
 * Puts a lookout in front of `node:fs` in this process: in front of the synchronous functions, those with callbacks, the
 * promises and the methods of file handles. Modules that imported a function by name see the new one; those that had put
 * it into a variable before do not, so this comes before the log's own modules.
 */
export async function intercept(calls: readonly string[], lookout: Lookout): Promise<void> {
  const modules: unknown = [fs, fs.promises]
  const [plain, promises] = modules as [Calls, Calls]
  for (const call of calls) {
    const watch: Watch = (args) => lookout(call, args)
    replace(plain, `${call}Sync`, (original) => synchronous(original, watch))
    replace(plain, call, (original) => withCallback(original, watch))
    replace(promises, call, (original) => promised(original, () => watch))
  }
  const handles = await handlePrototype()
  for (const [method, call] of Object.entries(HANDLE_METHODS)) {
    replace(handles, method, (original) =>
      promised(original, (self) => (args) => {
        const plan = lookout(call, [(self as { fd: number }).fd, ...args])
        return plan?.args === undefined ? plan : { ...plan, args: plan.args.slice(1) }
      }),
    )
  }
  syncBuiltinESMExports()
}
