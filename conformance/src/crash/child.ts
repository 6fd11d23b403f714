import type { OpenOrder } from '../running/target.js'
import { ForkedProcess, type Ending } from './forked-process.js'
import type { Command, PlainError, Report, ReportOf } from './messages.js'

const WORKER = new URL('./worker.js', import.meta.url)

/** A child process that opens logs for the kit, and dies when it is told to. Kill it in `finally`. */
export class Child extends ForkedProcess<Command, Report> {
  constructor(variables?: NodeJS.ProcessEnv) {
    super(WORKER, variables)
  }

  /** Opens the log; what it holds, and what recovery found. */
  async open(order: OpenOrder): Promise<ReportOf<'opened'>> {
    this.tell({ kind: 'open', order })
    await this.expect('opening')
    return this.expect('opened')
  }

  /** Tries to open the log, which must be refused. */
  async openRefused(order: OpenOrder): Promise<PlainError> {
    this.tell({ kind: 'open', order })
    await this.expect('opening')
    return (await this.expect('refused')).error
  }

  async close(): Promise<void> {
    this.tell({ kind: 'close' })
    const { error } = await this.expect('closed')
    if (error !== undefined) throw new Error(`closing failed: ${error.message}`)
  }

  /** Lets the child go; it must end by itself. */
  leave(): Promise<Ending & { readonly stderr: string }> {
    this.tell({ kind: 'leave' })
    return this.ended()
  }
}

/** Starts a child, hands it over, and kills it whatever happens. */
export async function withChild<T>(
  use: (child: Child) => Promise<T>,
  variables?: NodeJS.ProcessEnv,
): Promise<T> {
  const child = new Child(variables)
  try {
    return await use(child)
  } finally {
    await child.kill()
  }
}
