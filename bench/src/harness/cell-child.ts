import process from 'node:process'
import { loadWorkloads } from '../workloads/load-workloads.js'
import { runCell, type CellOutcome, type CellRequest } from './cell.js'

/** What the child tells its parent. */
export type CellMessage = CellOutcome | { readonly kind: 'failed'; readonly reason: string }

// Nobody waits for this cell any more.
process.once('disconnect', () => process.exit(1))
process.once('message', (request: CellRequest) => {
  run(request).then(
    (message) => tell(message),
    (error: unknown) => {
      tell({ kind: 'failed', reason: explain(error) })
    },
  )
})

async function run(request: CellRequest): Promise<CellMessage> {
  const workloads = await loadWorkloads(request.workloadFiles)
  const workload = workloads.find(({ name }) => name === request.workload)
  if (workload === undefined) throw new Error(`there is no workload "${request.workload}"`)
  return runCell(workload, request)
}

/** The exit is explicit: a subject that leaves a handle open after a failure must not hang the run. */
function tell(message: CellMessage): void {
  process.send?.(message, () => process.exit(message.kind === 'failed' ? 1 : 0))
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return `${error.message}${cause}`
}
