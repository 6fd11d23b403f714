/** What is done to a system call. */
export const FAILURES = ['EIO', 'ENOSPC', 'EINTR', 'SIGKILL'] as const
export type Failure = (typeof FAILURES)[number]

/** What the log is doing meanwhile. */
export const PHASES = ['creation', 'recovery', 'load'] as const
export type Phase = (typeof PHASES)[number]

/** The system calls by which a log reaches the disk; which of the names a system knows differs. */
const NAMES = {
  openat: ['openat'],
  mkdir: ['mkdir', 'mkdirat'],
  read: ['read'],
  pread64: ['pread64'],
  preadv: ['preadv', 'preadv2'],
  write: ['write'],
  writev: ['writev'],
  pwrite64: ['pwrite64'],
  pwritev: ['pwritev', 'pwritev2'],
  ftruncate: ['ftruncate'],
  fallocate: ['fallocate'],
  mmap: ['mmap'],
  msync: ['msync'],
  fdatasync: ['fdatasync'],
  fsync: ['fsync'],
  syncfs: ['syncfs'],
  rename: ['rename', 'renameat', 'renameat2'],
  unlink: ['unlink', 'unlinkat'],
  close: ['close'],
} as const
export type Call = keyof typeof NAMES

/** All of them. */
export const CALLS = Object.keys(NAMES) as readonly Call[]

/** What strace is to be told to look at a call of this kind. */
export const namesOf = (call: Call): readonly string[] => NAMES[call]

/** The kind of a call of this name. */
export const callNamed = (name: string): Call | undefined =>
  CALLS.find((call) => (NAMES[call] as readonly string[]).includes(name))

/** True for a call that makes bytes durable. */
export const isFlush = (call: Call): boolean => ['msync', 'fdatasync', 'fsync', 'syncfs'].includes(call)

/** The n-th call of a kind fails, counted from 1 at the beginning of the phase, in each thread. */
export interface Fault {
  readonly phase: Phase
  readonly call: Call
  readonly failure: Failure
  readonly nth: number
}

/** Failures that no system answers a call with. */
const NEVER: Readonly<Partial<Record<Call, readonly Failure[]>>> = {
  mmap: ['EINTR'],
  read: ['ENOSPC'],
  pread64: ['ENOSPC'],
  preadv: ['ENOSPC'],
}

/** True when a system can fail the call in this way. */
export const canFail = (call: Call, failure: Failure): boolean => NEVER[call]?.includes(failure) !== true

/** A fault as `--state` takes it. */
export const faultText = ({ phase, call, failure, nth }: Fault): string =>
  `${phase}/${call}/${failure}/${nth}`

/** Reads what `faultText` wrote. */
export function parseFault(text: string): Fault {
  const [phase, call, failure, nth, ...rest] = text.split('/')
  const known = {
    phase: PHASES.find((each) => each === phase),
    call: CALLS.find((each) => each === call),
    failure: FAILURES.find((each) => each === failure),
    nth: /^[1-9]\d*$/.test(nth ?? '') ? Number(nth) : undefined,
  }
  const isFault = (value: typeof known): value is Fault =>
    rest.length === 0 && Object.values(value).every((part) => part !== undefined)
  if (isFault(known)) return known
  throw new RangeError(`state: ${text} is no fault; one looks like load/fdatasync/EIO/1`)
}

/** The expression by which strace does it. */
export function injection({ call, failure, nth }: Fault): string {
  const what = failure === 'SIGKILL' ? 'signal=SIGKILL' : `error=${failure}`
  const names = namesOf(call).map((name) => `?${name}`)
  return `inject=${names.join()}:${what}:when=${nth}`
}
