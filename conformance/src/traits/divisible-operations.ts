import type { PersistentLog } from '@persistent-log/core'
import { bytes } from '../running/values.js'
import { as, mistake, slip, type Operation } from './operation.js'

const divisible = (log: PersistentLog) => log.checkpoints.divisible
const part = { content: bytes('part') }

async function exported(parts: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const one of parts) if (one !== undefined) count++
  return count
}

/** Operations on states in parts. */
export const divisibleOperations: readonly Operation[] = [
  {
    name: 'checkpoints.divisible.store',
    takesSignal: true,
    call: (log, options) => divisible(log).store(1, [part], options),
    mistakes: [
      mistake('no parts', 'TypeError', 'parts', (log) => divisible(log).store(1, as(7))),
      mistake('a part that is none', 'TypeError', 'parts[0]', (log) => divisible(log).store(1, as(['x']))),
      mistake('an empty part', 'TypeError', 'parts[1].digest', (log) => divisible(log).store(1, [part, {}])),
      mistake('text for content', 'TypeError', 'parts[0].content', (log) =>
        divisible(log).store(1, [{ content: as('x') }]),
      ),
      mistake('a short digest', 'TypeError', 'parts[0].digest', (log) =>
        divisible(log).store(1, [{ digest: 'abc' }]),
      ),
      mistake('a negative slot', 'RangeError', 'slot', (log) => divisible(log).store(-1, [part])),
    ],
  },
  {
    name: 'checkpoints.divisible.install',
    takesSignal: true,
    call: (log, options) => divisible(log).install(1, [part], options),
    mistakes: [
      mistake('null for parts', 'TypeError', 'parts', (log) => divisible(log).install(1, as(null))),
      mistake('a negative slot', 'RangeError', 'slot', (log) => divisible(log).install(-1, [part])),
      slip('acrossGaps', (log, options) => divisible(log).install(1, [part], options)),
      mistake('a negative bound', 'RangeError', 'discardFrom', (log) =>
        divisible(log).install(1, [part], { discardFrom: -3 }),
      ),
    ],
  },
  {
    name: 'checkpoints.divisible.describe',
    takesSignal: true,
    call: (log, options) => divisible(log).describe(0, options),
    mistakes: [mistake('a fraction', 'RangeError', 'slot', (log) => divisible(log).describe(0.5))],
  },
  {
    name: 'checkpoints.divisible.missing',
    takesSignal: true,
    call: (log, options) => divisible(log).missing([], options),
    mistakes: [
      mistake('no list', 'TypeError', 'parts', (log) => divisible(log).missing(as(undefined))),
      mistake('a line without a length', 'RangeError', 'parts[0].bytes', (log) =>
        divisible(log).missing([as({ digest: '0'.repeat(64) })]),
      ),
    ],
  },
  {
    name: 'checkpoints.divisible.receive',
    takesSignal: true,
    call: (log, options) => divisible(log).receive(part, options),
    mistakes: [
      mistake('no part', 'TypeError', 'part', (log) => divisible(log).receive(as(undefined))),
      mistake('no content', 'TypeError', 'part.content', (log) =>
        divisible(log).receive(as({ digest: '0'.repeat(64) })),
      ),
    ],
  },
  {
    name: 'checkpoints.divisible.giveUp',
    takesSignal: true,
    call: (log, options) => divisible(log).giveUp(options),
    mistakes: [],
  },
  {
    name: 'checkpoints.divisible.export',
    takesSignal: true,
    call: (log, options) => exported(divisible(log).export(0, options)),
    mistakes: [
      mistake('a negative slot', 'RangeError', 'slot', (log) => exported(divisible(log).export(-1))),
      mistake('a digest that is none', 'TypeError', 'only', (log) =>
        exported(divisible(log).export(1, { only: ['x'] })),
      ),
    ],
  },
]
