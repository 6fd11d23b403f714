import { expect } from 'chai'
import type { Child } from '../crash/child.js'
import type { Expectation } from '../crash/expectation.js'
import type { PlainError } from '../crash/messages.js'
import type { Operation } from '../crash/operation.js'
import type { Oracle } from '../crash/oracle.js'
import { poisons } from '../crash-states/poisoned-writes.js'
import type { OpenOrder } from '../running/target.js'

/** After so many refused calls a child makes no more: every subset of those in doubt is tried. */
const MOST_REFUSALS = 4

/** What a child is to live through. */
export interface Life {
  /** The log that it opens first; absent: it has opened it already. */
  readonly order: OpenOrder | undefined
  readonly plan: (state: Oracle) => readonly Operation[]
  /** A SIGKILL that the kit did not send is what was meant to happen. */
  readonly mayBeKilled: boolean
  /** Calls may be refused. */
  readonly mayFail: boolean
  /** What fails is a flush: once it has failed a write, the log is poisoned. */
  readonly poisons: boolean
  /** Calls that may be in flight. */
  readonly window: number
  /** What the log holds; what is heard is noted there. */
  readonly expectation: Expectation
}

/**
 * A child opens a log, makes calls, closes the log and leaves, while the system fails it. It may be refused anything, by
 * an error of the log's own; it must settle every call and end by itself.
 */
export async function liveThrough(child: Child, life: Life): Promise<{ readonly wasKilled: boolean }> {
  const opened = life.order === undefined ? 'open' : await open(child, life, life.order)
  if (opened === 'dead' || (opened === 'open' && (await run(child, life)) === 'dead')) {
    const { signal, code, stderr } = await child.ended()
    if (life.mayBeKilled && signal === 'SIGKILL') return { wasKilled: true }
    expect.fail(`the process died (${signal ?? `exit code ${code}`}): ${stderr}`)
  }
  if (opened !== 'refused') {
    child.tell({ kind: 'close' })
    const closed = await child.next()
    if (closed?.kind === 'closed' && closed.error) checkRefusal(life, 'close', closed.error)
  }
  const { signal, code, stderr } = await child.leave()
  if (life.mayBeKilled && signal === 'SIGKILL') return { wasKilled: true }
  expect(signal ?? code, `the process ended badly: ${stderr}`).to.equal(0)
  return { wasKilled: false }
}

/** What came of an open. A log is `unread` where it opened and a read was refused: nobody knows what calls to make there. */
type Opened = 'open' | 'unread' | 'refused' | 'dead'

async function open(child: Child, life: Life, order: OpenOrder): Promise<Opened> {
  child.tell({ kind: 'open', order })
  for (let report = await child.next(); report !== undefined; report = await child.next()) {
    if (report.kind === 'opened') {
      life.expectation.check(report.found, undefined, 'an opening that survived a fault')
      return 'open'
    }
    if (report.kind === 'refused') {
      checkRefusal(life, 'open', report.error)
      return 'refused'
    }
    if (report.kind === 'unreadable') {
      checkRefusal(life, 'a read of what it holds', report.error)
      return 'unread'
    }
  }
  return 'dead'
}

async function run(child: Child, life: Life): Promise<'alive' | 'dead'> {
  const operations = life.plan(life.expectation.state)
  const acknowledged = new Set<number>()
  const begun = new Set<number>()
  const refused = new Set<number>()
  const afterPoison = new Set<number>()
  let isPoisoned = false
  life.expectation.interrupt(operations, { acknowledged, begun, refused })
  child.tell({ kind: 'run', operations, window: life.window, mostRefusals: MOST_REFUSALS })
  for (let report = await child.next(); report !== undefined; report = await child.next()) {
    if (report.kind === 'will') {
      begun.add(report.at)
      if (isPoisoned) afterPoison.add(report.at)
    }
    if (report.kind === 'did') {
      acknowledged.add(report.at)
      if (afterPoison.has(report.at)) {
        expect.fail(
          `${JSON.stringify(operations[report.at])} was acknowledged by a log that had called itself poisoned, or had to be`,
        )
      }
    }
    if (report.kind === 'failed') {
      refused.add(report.at)
      const operation = operations[report.at]
      const { code, message } = report.error
      if (life.poisons && afterPoison.has(report.at) && code !== 'PLOG_POISONED') {
        expect.fail(
          `${JSON.stringify(operation)} was refused behind a failed flush by another error: ${message}`,
        )
      }
      const failsAll = life.poisons && operation !== undefined && poisons(operation)
      isPoisoned ||= code === 'PLOG_POISONED' || failsAll
      checkRefusal(life, JSON.stringify(operation), report.error)
    }
    if (report.kind === 'ran') return 'alive'
  }
  return 'dead'
}

/** Whoever uses a log decides by the code: an error of the system itself says nothing about the log. */
function checkRefusal({ mayFail }: Life, call: string, { code, message }: PlainError): void {
  if (!mayFail) expect.fail(`${call} was refused although nothing had failed: ${message}`)
  if (code === undefined) expect.fail(`${call} was refused by an error that is none of the log: ${message}`)
}
