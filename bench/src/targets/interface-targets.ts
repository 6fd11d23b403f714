import { completed, faster, type Target } from './target.js'

/** Table 2: what the interface may cost. */
export const INTERFACE_TARGETS: readonly Target[] = completed(2, [
  {
    name: 'LMDB backend, batch of 100',
    reference: 'raw lmdb-js, the same durable options',
    subject: { backend: 'lmdb', workload: 'learn-100' },
    against: { backend: 'raw-lmdb', workload: 'learn-100' },
    as: 'ratio',
    must: 1.35,
    aim: 1.2,
  },
  {
    name: 'LMDB backend, borrowed read',
    reference: 'raw lmdb-js getBinaryFast',
    subject: { backend: 'lmdb', workload: 'read-hot-borrowed' },
    against: { backend: 'raw-lmdb', workload: 'read-hot-borrowed' },
    as: 'ratio',
    must: 1.35,
    aim: 1.15,
  },
  {
    name: 'LevelDB backend, batch of 100',
    reference: 'raw classic-level chained batch',
    subject: { backend: 'level', workload: 'learn-100' },
    against: { backend: 'raw-level', workload: 'learn-100' },
    as: 'ratio',
    must: 1.25,
    aim: 1.12,
  },
  {
    name: 'LevelDB backend, syncReads',
    reference: 'raw classic-level getSync',
    subject: { backend: 'level', workload: 'read-hot-sync' },
    against: { backend: 'raw-level', workload: 'read-hot-sync' },
    as: 'ratio',
    must: 1.15,
    aim: 1.06,
  },
  {
    name: 'LMDB committed region, packed records',
    reference: 'one entry per record',
    as: 'ratio',
    aim: 0.4,
  },
  {
    name: 'async commit on faster, per call, 1,000 in flight',
    reference: 'syncWrites.commit of the same blocks',
    subject: faster('commit-blocks-async', 'p50'),
    against: faster('commit-blocks-sync', 'p50'),
    as: 'difference',
    unit: 'ns',
    must: 400,
    aim: 150,
  },
  { name: 'observed layer on the hot path', reference: 'without it', as: 'ratio', must: 1.15, aim: 1.05 },
])
