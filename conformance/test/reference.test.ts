import { describePersistentLog } from '@persistent-log/conformance'

await describePersistentLog({
  backend: new URL('../src/mutants/reference.js', import.meta.url),
  budgets: { kills: 4 },
})
