import { ContainerModule } from 'inversify'
import { loadConfig, type ConfigSource, type LoadOptions } from '../registry/load-config.js'
import { openContext } from '../registry/open-log.js'
import { resolveBackend } from '../registry/resolve-backend.js'
import { bindLog } from './log-keeper.js'
import { TOKENS } from './tokens.js'

/**
 * Binds a configuration and the log that it describes, opened at the first `getAsync(TOKENS.Log)` and closed on
 * `unbindAllAsync`; an open that failed is tried again by the next `getAsync`. Loading checks the configuration and the
 * backend's options; nothing is opened yet.
 */
export function persistentLogModule(source: ConfigSource, options: LoadOptions = {}): ContainerModule {
  return new ContainerModule(async ({ bind }) => {
    const loaded = await loadConfig(source, options)
    const backend = await resolveBackend(loaded.config.backend, loaded)
    const context = openContext(backend, loaded)
    bind(TOKENS.Config).toConstantValue(loaded)
    bindLog(bind, undefined, () => backend.open(context))
  })
}
