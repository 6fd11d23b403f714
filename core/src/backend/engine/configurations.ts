import type { ConfigurationRecord, ConfigurationStore } from '../../contract/configuration-store.js'
import type { CallOptions } from '../../contract/decision-log.js'
import { PersistentLogError, raise } from '../../errors/index.js'
import * as check from '../arguments.js'
import { copyBytes } from '../bytes.js'
import { judgeConfiguration } from '../laws/configuration-law.js'
import type { Effect } from './effect.js'
import type { LogParts } from './log-parts.js'

/** Named records; small enough to be held in memory whole. */
export class EngineConfigurations implements ConfigurationStore {
  readonly #parts: LogParts

  constructor(parts: LogParts) {
    this.#parts = parts
  }

  async load(name: string, options?: CallOptions): Promise<ConfigurationRecord | undefined> {
    check.checkName(name)
    check.checkOptions(options)
    const { life, writes } = this.#parts
    return life.run('configuration.load', 'read', options?.signal, () => {
      const stored = writes.shown.configurations.get(name)
      return stored && { version: stored.version, value: copyBytes(stored.value) }
    })
  }

  async store(name: string, record: ConfigurationRecord, options?: CallOptions): Promise<void> {
    check.checkName(name)
    check.checkObject(record, 'record')
    check.checkInteger(record.version, 'record.version', 0, Number.MAX_SAFE_INTEGER)
    check.checkBytes(record.value, 'record.value')
    check.checkOptions(options)
    const { life, writes, strongest, limits } = this.#parts
    if (record.value.byteLength > limits.valueBytes) {
      throw raise.tooLarge('record.value bytes', record.value.byteLength, limits.valueBytes)
    }
    await life.run('configuration.store', 'write', options?.signal, () => {
      const verdict = judgeConfiguration(name, record, writes.judged.configurations.get(name))
      if (verdict instanceof PersistentLogError) throw verdict
      const { version, value } = record
      const effects: Effect[] =
        verdict === 'store' ? [{ kind: 'configure', name, version, value: copyBytes(value) }] : []
      return writes.write('configuration.store', effects, strongest, 'log')
    })
  }
}
