import type { ContainerModuleLoadOptions, ServiceIdentifier } from 'inversify'
import type { PersistentLog } from '../contract/persistent-log.js'
import { TOKENS } from './tokens.js'

/**
 * Opens a log when it is first asked for and closes it with its binding. A container that cached the log itself would
 * cache a failed open too: nobody could try again, and unbinding would fail before the other logs are closed.
 */
class LogKeeper {
  readonly #open: () => Promise<PersistentLog>
  #log: Promise<PersistentLog> | undefined

  constructor(open: () => Promise<PersistentLog>) {
    this.#open = open
  }

  async log(): Promise<PersistentLog> {
    const log = (this.#log ??= this.#open())
    try {
      return await log
    } catch (error) {
      if (this.#log === log) this.#log = undefined
      throw error
    }
  }

  async close(): Promise<void> {
    // Who asked for the log knows why it could not be opened; there is nothing to close then.
    const log = await this.#log?.catch(() => undefined)
    await log?.close()
  }
}

const KEEPER: ServiceIdentifier<LogKeeper> = Symbol.for('persistent-log.log-keeper')

type Bind = ContainerModuleLoadOptions['bind']
type Get = <T>(token: ServiceIdentifier<T>) => T

/** Binds `TOKENS.Log`, under a name or as the default, to a log that is opened on demand. */
export function bindLog(
  bind: Bind,
  name: string | undefined,
  open: (get: Get) => Promise<PersistentLog>,
): void {
  const keeper = bind(KEEPER)
    .toDynamicValue((context) => new LogKeeper(() => open((token) => context.get(token))))
    .inSingletonScope()
  const log = bind(TOKENS.Log)
    .toDynamicValue((context) => context.get(KEEPER, name === undefined ? {} : { name }).log())
    .inTransientScope()
  const close = (kept: LogKeeper): Promise<void> => kept.close()
  if (name === undefined) {
    keeper.whenDefault().onDeactivation(close)
    log.whenDefault()
  } else {
    keeper.whenNamed(name).onDeactivation(close)
    log.whenNamed(name)
  }
}
