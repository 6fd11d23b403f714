import { ContainerModule } from 'inversify'
import type { Backend } from '../contract/backend.js'
import { openContext } from '../registry/open-log.js'
import { resolveBackend, type ResolveOptions } from '../registry/resolve-backend.js'
import { bindLog } from './log-keeper.js'
import { backendToken, TOKENS } from './tokens.js'

/**
 * Binds a backend: by its own token, by `TOKENS.Backend` under its name, and as a descriptor. Where the container has a
 * configuration (`persistentLogModule`), `TOKENS.Log` under its name opens it with that.
 *
 * Loading may import a package: `await container.loadAsync(backendModule('lmdb'))`.
 */
export function backendModule(backend: string | Backend, options: ResolveOptions = {}): ContainerModule {
  return new ContainerModule(async ({ bind }) => {
    const resolved = await resolveBackend(backend, options)
    const { name, summary, needsDirectory } = resolved
    bind(backendToken(name)).toConstantValue(resolved)
    bind(TOKENS.Backend).toConstantValue(resolved).whenNamed(name)
    bind(TOKENS.BackendDescriptor).toConstantValue({ name, summary, needsDirectory })
    bindLog(bind, name, async (get) => resolved.open(openContext(resolved, get(TOKENS.Config))))
  })
}
