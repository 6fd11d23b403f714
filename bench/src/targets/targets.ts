/** Something that a run measured. */
export interface Measure {
  readonly backend: string
  readonly workload: string
  /** Default: time per operation. */
  readonly of?: 'operation' | 'entry' | 'stall' | 'device' | undefined
}

/** A figure that we promise. */
export interface Target {
  readonly table: 1 | 2
  readonly name: string
  /** The reference, in words. */
  readonly reference: string
  /** What is judged; absent: no workload measures it yet. */
  readonly subject?: Measure | undefined
  readonly against?: Measure | undefined
  /**
   * How the two become one number. `ratio`: time over time. `speed-up`: the reference's time over the subject's.
   * `difference`: ns. `value`: the subject alone. `entries-per-second`: the subject alone.
   */
  readonly as: 'ratio' | 'speed-up' | 'difference' | 'value' | 'entries-per-second'
  readonly unit: string
  readonly must?: number | undefined
  readonly aim?: number | undefined
  /** True where more is better. */
  readonly isFloor?: boolean | undefined
}

const K: Measure = { backend: 'machine', workload: 'kernel-k' }
const faster = (workload: string, of: Measure['of'] = 'operation'): Measure => ({
  backend: 'faster',
  workload,
  of,
})
const entry = (backend: string, workload: string): Measure => ({ backend, workload, of: 'entry' })

/** Table 1: the hybrid log against references that run in the same benchmark. */
const HYBRID: readonly Target[] = (
  [
    {
      name: 'accept (process-crash), syncWrites',
      reference: 'K',
      subject: faster('accept-sync'),
      against: K,
      as: 'ratio',
      must: 3.5,
      aim: 2,
    },
    {
      name: 'accept + commit (process-crash), syncWrites',
      reference: 'K',
      subject: faster('accept-commit-sync'),
      against: K,
      as: 'ratio',
      must: 6,
      aim: 3.5,
    },
    {
      name: 'committed read borrowed, hot 10 k set',
      reference: 'K',
      subject: faster('read-hot-borrowed'),
      against: K,
      as: 'ratio',
      must: 0.6,
      aim: 0.3,
    },
    {
      name: 'accept + commit',
      reference: 'lmdb-js noSync, 100 per transaction, per entry',
      subject: faster('accept-commit-sync'),
      against: entry('raw-lmdb', 'learn-100-process-crash'),
      as: 'ratio',
      must: 0.7,
      aim: 0.4,
    },
    {
      name: 'accept + commit',
      reference: 'classic-level chained batch of 100, no sync, per entry',
      subject: faster('accept-commit-sync'),
      against: entry('raw-level', 'learn-100-process-crash'),
      as: 'ratio',
      must: 0.4,
      aim: 0.2,
    },
    {
      name: 'borrowed read',
      reference: 'lmdb getBinaryFast, sequential',
      subject: faster('read-hot-borrowed'),
      against: { backend: 'raw-lmdb', workload: 'read-hot-borrowed' },
      as: 'ratio',
      must: 0.15,
      aim: 0.07,
    },
    {
      name: 'iteration',
      reference: 'lmdb getRange',
      subject: faster('scan-10k'),
      against: { backend: 'raw-lmdb', workload: 'scan-10k' },
      as: 'ratio',
      must: 0.15,
      aim: 0.04,
    },
    {
      name: 'durable commit, 1 in flight',
      reference: 'raw pwrite + fdatasync on a recycled file',
      subject: faster('closed-loop-1'),
      against: { backend: 'machine', workload: 'flush-1' },
      as: 'ratio',
      must: 1.35,
      aim: 1.15,
    },
    {
      name: 'durable commit, 1 in flight',
      reference: 'lmdb-js durable, same shape',
      subject: faster('closed-loop-1'),
      against: { backend: 'raw-lmdb', workload: 'learn-1' },
      as: 'ratio',
      must: 0.6,
      aim: 0.45,
    },
    {
      name: 'durable commit, 100 per group',
      reference: 'lmdb-js durable, same shape',
      subject: faster('closed-loop-100', 'entry'),
      against: entry('raw-lmdb', 'learn-100'),
      as: 'ratio',
      must: 0.6,
      aim: 0.4,
    },
    {
      name: 'closed loop, 100 in flight: commits/s',
      reference: '100 / raw flush time of 100 entries',
      subject: faster('closed-loop-100', 'entry'),
      against: entry('machine', 'flush-100'),
      as: 'speed-up',
      must: 0.7,
      aim: 0.9,
      isFloor: true,
    },
    {
      name: 'closed loop, 1,000 in flight',
      reference: 'commits/s at 1 in flight',
      subject: faster('closed-loop-1000'),
      against: faster('closed-loop-1'),
      as: 'speed-up',
      must: 100,
      aim: 300,
      isFloor: true,
    },
    {
      name: 'recovery scan, verified, per core',
      reference: '-',
      subject: faster('open-killed-1m', 'entry'),
      as: 'entries-per-second',
      unit: 'entries/s',
      must: 8e6,
      aim: 12e6,
      isFloor: true,
    },
    {
      name: 'open after a clean close',
      reference: 'recovery scan of the same log',
      subject: faster('open-clean-1m'),
      against: faster('open-killed-1m'),
      as: 'ratio',
      must: 0.05,
      aim: 0.01,
    },
    { name: 'RAM per indexed slot, active', reference: '-', as: 'value', unit: 'B', must: 10, aim: 4.1 },
    { name: 'RAM per indexed slot, sealed', reference: '-', as: 'value', unit: 'B', must: 0.5, aim: 0.1 },
    {
      name: 'cost per sequential operation at 10^7 entries',
      reference: 'at 10^6',
      subject: faster('growth-10m'),
      against: faster('growth-1m'),
      as: 'ratio',
      must: 1.3,
      aim: 1,
    },
    {
      name: 'longest main-thread stall in 30 s of load',
      reference: '-',
      as: 'value',
      unit: 'ms',
      must: 20,
      aim: 5,
    },
    {
      name: 'bytes to the device per user byte, 1 KiB values, groups of 100',
      reference: '-',
      subject: faster('closed-loop-100-value-1KiB', 'device'),
      as: 'value',
      must: 1.5,
      aim: 1.2,
    },
  ] satisfies readonly Row[]
).map((row) => complete(1, row))

/** Table 2: what the interface may cost. */
const INTERFACE: readonly Target[] = (
  [
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
      reference: 'syncWrites.commit',
      as: 'difference',
      unit: 'ns',
      must: 400,
      aim: 150,
    },
    { name: 'observed layer on the hot path', reference: 'without it', as: 'ratio', must: 1.15, aim: 1.05 },
  ] satisfies readonly Row[]
).map((row) => complete(2, row))

type Row = Omit<Target, 'table' | 'unit'> & { readonly unit?: string }

function complete(table: 1 | 2, row: Row): Target {
  return { table, unit: 'x', ...row }
}

/** Everything that we promise. Shown after a run, never asserted in a test. */
export const TARGETS: readonly Target[] = [...HYBRID, ...INTERFACE]
