import { collect } from '../running/dump.js'
import { ballot, bytes, joined, proposal } from '../running/values.js'
import { divisibleOperations } from './divisible-operations.js'
import { as, mistake, slip, wrongBallots, wrongSignal, type Operation } from './operation.js'

/** Decision-log operations that write. */
const writes: readonly Operation[] = [
  {
    name: 'promise',
    takesSignal: true,
    call: (log, options) => log.promise(ballot(9), options),
    mistakes: [
      ...wrongBallots((log, wrong) => log.promise(wrong)),
      wrongSignal((log, options) => log.promise(ballot(9), options)),
      slip('signl', (log, options) => log.promise(ballot(9), options)),
    ],
  },
  {
    name: 'accept',
    takesSignal: true,
    call: (log, options) => log.accept(proposal(50, 9), options),
    mistakes: [
      ...wrongBallots((log, wrong) => log.accept({ ...proposal(50), ballot: wrong })),
      mistake('no proposal', 'TypeError', 'proposal', (log) => log.accept(as(undefined))),
      mistake('text for a proof', 'TypeError', 'proof', (log) =>
        log.accept({ ...proposal(50), proof: as('proof') }),
      ),
      wrongSignal((log, options) => log.accept(proposal(50), options)),
    ],
  },
  {
    name: 'acceptAll',
    takesSignal: true,
    call: (log, options) => log.acceptAll([proposal(50, 9), proposal(51, 9)], options),
    mistakes: [
      ...wrongBallots((log, wrong) => log.acceptAll([proposal(50), { ...proposal(51), ballot: wrong }])),
      mistake('one proposal for a list', 'TypeError', 'proposals', (log) => log.acceptAll(as(proposal(50)))),
      mistake('a negative discardFrom', 'RangeError', 'discardFrom', (log) =>
        log.acceptAll([proposal(50)], { discardFrom: -1 }),
      ),
      mistake('null for discardFrom', 'RangeError', 'discardFrom', (log) =>
        log.acceptAll([proposal(50)], { discardFrom: as(null) }),
      ),
      slip('discardfrom', (log, options) => log.acceptAll([proposal(50)], options)),
    ],
  },
  {
    name: 'commit',
    takesSignal: true,
    call: (log, options) => log.commit({ slot: 1, ballot: ballot(1) }, options),
    mistakes: [
      ...wrongBallots((log, wrong) => log.commit({ slot: 1, ballot: wrong })),
      mistake('a slot for an id', 'TypeError', 'id', (log) => log.commit(as(1))),
    ],
  },
  {
    name: 'commitAll',
    takesSignal: true,
    call: (log, options) => log.commitAll([{ slot: 1, ballot: ballot(1) }], options),
    mistakes: [
      ...wrongBallots((log, wrong) => log.commitAll([{ slot: 1, ballot: wrong }])),
      mistake('null for a list', 'TypeError', 'ids', (log) => log.commitAll(as(null))),
      slip('survive', (log, options) => log.commitAll([{ slot: 1, ballot: ballot(1) }], options)),
    ],
  },
  {
    name: 'learn',
    takesSignal: true,
    call: (log, options) => log.learn(proposal(60), options),
    mistakes: [
      ...wrongBallots((log, wrong) => log.learn({ ...proposal(60), ballot: wrong })),
      mistake('an array for a value', 'TypeError', 'value', (log) =>
        log.learn({ ...proposal(60), value: as([1, 2]) }),
      ),
    ],
  },
  {
    name: 'learnAll',
    takesSignal: true,
    call: (log, options) => log.learnAll([proposal(60), proposal(61)], options),
    mistakes: [
      ...wrongBallots((log, wrong) => log.learnAll([proposal(60), { ...proposal(61), ballot: wrong }])),
      mistake('a hole in a list', 'TypeError', 'decisions[1]', (log) =>
        log.learnAll(as([proposal(60), undefined])),
      ),
      slip('discardFrom', (log, options) => log.learnAll([proposal(60)], options)),
    ],
  },
  {
    name: 'discard',
    takesSignal: true,
    call: (log, options) => log.discard({ from: 0 }, options),
    mistakes: [
      mistake('no range', 'TypeError', 'range', (log) => log.discard(as(undefined))),
      mistake('a range without from', 'either', 'from', (log) => log.discard(as({ to: 3 }))),
      mistake('a fraction for to', 'RangeError', 'to', (log) => log.discard({ from: 0, to: 1.5 })),
      mistake('null for to', 'RangeError', 'range.to', (log) => log.discard({ from: 0, to: as(null) })),
      mistake('null for from', 'RangeError', 'range.from', (log) => log.discard({ from: as(null) })),
      mistake('until for to', 'TypeError', 'range.until', (log) => log.discard(as({ from: 0, until: 1 }))),
      slip('survive', (log, options) => log.discard({ from: 0 }, options)),
    ],
  },
  {
    name: 'compact',
    takesSignal: true,
    call: (log, options) => log.compact({ before: 1, withoutCheckpoint: true, ...options }),
    mistakes: [
      mistake('no options', 'TypeError', 'options', (log) => log.compact(as(undefined))),
      mistake('no before', 'either', 'before', (log) => log.compact(as({}))),
      mistake('a negative retain', 'RangeError', 'retain', (log) =>
        log.compact({ before: 1, retain: -1, withoutCheckpoint: true }),
      ),
      slip('retian', (log, options) => log.compact({ before: 1, withoutCheckpoint: true, ...options })),
    ],
  },
  {
    name: 'flush',
    takesSignal: true,
    call: (log, options) => log.flush(options),
    mistakes: [
      wrongSignal((log, options) => log.flush(options)),
      slip('survives', (log, options) => log.flush(options)),
    ],
  },
]

/** Operations of the stores beside the log. */
const stores: readonly Operation[] = [
  {
    name: 'checkpoints.store',
    takesSignal: true,
    call: (log, options) => log.checkpoints.store(1, bytes('state'), options),
    mistakes: [
      mistake('text for a state', 'TypeError', 'content', (log) => log.checkpoints.store(1, as('state'))),
      mistake('text for metadata', 'TypeError', 'metadata', (log) =>
        log.checkpoints.store(1, bytes('x'), { metadata: as('m') }),
      ),
      slip('discardFrom', (log, options) => log.checkpoints.store(1, bytes('x'), options)),
      ...wrongBallots((log, wrong) => log.checkpoints.store(1, bytes('x'), { ballot: wrong })).slice(1),
    ],
  },
  {
    name: 'checkpoints.install',
    takesSignal: true,
    call: (log, options) => log.checkpoints.install(1, bytes('state'), options),
    mistakes: [
      mistake('null for a state', 'TypeError', 'content', (log) => log.checkpoints.install(1, as(null))),
      mistake('a negative slot', 'RangeError', 'slot', (log) => log.checkpoints.install(-1, bytes('x'))),
      mistake('a wrong discardFrom', 'RangeError', 'discardFrom', (log) =>
        log.checkpoints.install(1, bytes('x'), { discardFrom: -3 }),
      ),
      slip('discardfrom', (log, options) => log.checkpoints.install(1, bytes('x'), options)),
    ],
  },
  {
    name: 'checkpoints.latest',
    takesSignal: true,
    call: (log, options) => log.checkpoints.latest(options),
    mistakes: [],
  },
  {
    name: 'checkpoints.nearest',
    takesSignal: true,
    call: (log, options) => log.checkpoints.nearest(5, options),
    mistakes: [mistake('a fraction', 'RangeError', 'slot', (log) => log.checkpoints.nearest(0.5))],
  },
  {
    name: 'checkpoints.list',
    takesSignal: true,
    call: (log, options) => log.checkpoints.list(options),
    mistakes: [],
  },
  {
    name: 'checkpoints.read',
    takesSignal: true,
    call: (log, options) => joined(log.checkpoints.read(0, options)),
    mistakes: [mistake('a negative slot', 'RangeError', 'slot', (log) => joined(log.checkpoints.read(-1)))],
  },
  {
    name: 'checkpoints.prune',
    takesSignal: true,
    call: (log, options) => log.checkpoints.prune({ keep: 1, ...options }),
    mistakes: [
      mistake('keep nothing', 'RangeError', 'keep', (log) => log.checkpoints.prune({ keep: 0 })),
      mistake('no options', 'TypeError', 'options', (log) => log.checkpoints.prune(as(undefined))),
      slip('kep', (log, options) => log.checkpoints.prune({ keep: 1, ...options })),
    ],
  },
  {
    name: 'configuration.load',
    takesSignal: true,
    call: (log, options) => log.configuration.load('name', options),
    mistakes: [
      mistake('no name', 'TypeError', 'name', (log) => log.configuration.load(as(undefined))),
      mistake('an empty name', 'either', 'name', (log) => log.configuration.load('')),
    ],
  },
  {
    name: 'configuration.store',
    takesSignal: true,
    call: (log, options) => log.configuration.store('name', { version: 2, value: bytes('new') }, options),
    mistakes: [
      mistake('a name of 256 bytes', 'either', 'name', (log) =>
        log.configuration.store('x'.repeat(256), { version: 2, value: bytes('x') }),
      ),
      mistake('a negative version', 'RangeError', 'version', (log) =>
        log.configuration.store('name', { version: -1, value: bytes('x') }),
      ),
      mistake('text for a value', 'TypeError', 'value', (log) =>
        log.configuration.store('name', { version: 2, value: as('x') }),
      ),
      mistake('no record', 'TypeError', 'record', (log) => log.configuration.store('name', as(undefined))),
    ],
  },
]

/** Operations that read. */
const reads: readonly Operation[] = [
  {
    name: 'read',
    takesSignal: true,
    call: (log, options) => log.read(0, options),
    mistakes: [wrongSignal((log, options) => log.read(0, options))],
  },
  {
    name: 'readAccepted',
    takesSignal: true,
    call: (log, options) => log.readAccepted(1, options),
    mistakes: [],
  },
  {
    name: 'decisions',
    takesSignal: true,
    call: (log, options) => collect(log.decisions({}, options)),
    mistakes: [
      mistake('a batch of none', 'RangeError', 'batchLength', (log) =>
        collect(log.decisions({}, { batchLength: 0 })),
      ),
      mistake('a batch too long', 'RangeError', 'batchLength', (log) =>
        collect(log.decisions({}, { batchLength: 65_537 })),
      ),
      mistake('a number for a range', 'TypeError', 'range', (log) => collect(log.decisions(as(3)))),
      mistake('null for to', 'RangeError', 'range.to', (log) => collect(log.decisions({ to: as(null) }))),
      mistake('options for a range', 'TypeError', 'range.includeAccepted', (log) =>
        collect(log.decisions(as({ includeAccepted: true }))),
      ),
      slip('includeAcepted', (log, options) => collect(log.decisions({}, options))),
    ],
  },
  {
    name: 'uncommitted',
    takesSignal: true,
    call: (log, options) => collect(log.uncommitted({}, options)),
    mistakes: [
      mistake('a fraction', 'RangeError', 'from', (log) => collect(log.uncommitted({ from: 0.5 }))),
      mistake('null for to', 'RangeError', 'range.to', (log) => collect(log.uncommitted({ to: as(null) }))),
      slip('batchLenght', (log, options) => collect(log.uncommitted({}, options))),
    ],
  },
  {
    name: 'gaps',
    takesSignal: true,
    call: async (log, options) => {
      let count = 0
      for await (const gap of log.gaps({}, options)) count += gap.to - gap.from
      return count
    },
    mistakes: [],
  },
  { name: 'verify', takesSignal: true, call: (log, options) => log.verify(options), mistakes: [] },
  { name: 'bounds', takesSignal: false, call: (log) => log.bounds(), mistakes: [] },
  { name: 'promised', takesSignal: false, call: (log) => log.promised(), mistakes: [] },
]

/** Every operation of the interface but `close`, `status` and `metrics`, which work in every state. */
export const operations: readonly Operation[] = [...writes, ...stores, ...divisibleOperations, ...reads]
