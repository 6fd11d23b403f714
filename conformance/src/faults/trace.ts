/** One system call in a trace. */
export interface TracedCall {
  readonly thread: number
  readonly name: string
  /** Its arguments as strace shows them. */
  readonly argument: string
  /** What it returned, as strace shows it; absent: the process ended in it. */
  readonly result?: string | undefined
  /** Lines of the trace, which strace writes in the order of the events. */
  readonly startedAt: number
  readonly endedAt: number
  /** strace failed it. */
  readonly injected: boolean
}

const WHOLE = /^(\w+)\((.*)\)\s+= (.*)$/
const UNFINISHED = /^(\w+)\((.*) <unfinished \.\.\.>$/
const RESUMED = /^<\.\.\. (\w+) resumed>(.*)\)\s+= (.*)$/
const ENDED_IN = /^(\w+)\((.*)\)\s+= \?$/

/** Reads what `strace -f -o` wrote. Lines that are no system calls (signals, ends of threads) are left out. */
export function parseTrace(text: string): TracedCall[] {
  const calls: TracedCall[] = []
  const begun = new Map<number, { name: string; argument: string; startedAt: number }>()
  for (const [at, line] of text.split('\n').entries()) {
    const [, pid, what = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const thread = Number(pid)
    const unfinished = UNFINISHED.exec(what)
    if (unfinished) {
      const [, name = '', argument = ''] = unfinished
      begun.set(thread, { name, argument, startedAt: at })
      continue
    }
    const resumed = RESUMED.exec(what)
    const start = begun.get(thread)
    if (resumed && start) {
      begun.delete(thread)
      const [, , more = '', result = ''] = resumed
      calls.push(finished({ ...start, argument: start.argument + more, thread }, result, at))
      continue
    }
    const whole = ENDED_IN.exec(what) ?? WHOLE.exec(what)
    if (!whole) continue
    const [, name = '', argument = '', result] = whole
    calls.push(finished({ thread, name, argument, startedAt: at }, result, at))
  }
  for (const [thread, call] of begun) calls.push({ ...call, thread, endedAt: Infinity, injected: false })
  return calls.sort((a, b) => a.startedAt - b.startedAt)
}

const finished = (
  call: Omit<TracedCall, 'result' | 'endedAt' | 'injected'>,
  result: string | undefined,
  endedAt: number,
): TracedCall => ({ ...call, result, endedAt, injected: result?.includes('(INJECTED)') === true })

/** The paths that a call names: of descriptors (`-y`) and as texts. */
export function pathsOf({ argument, result = '' }: TracedCall): string[] {
  const found = `${argument} ${result}`.matchAll(/\d+<(\/[^>]*)>|"(\/[^"]*)"/g)
  return [...found].map(([, descriptor, text]) => (descriptor ?? text ?? '').replace(/ \(deleted\)$/, ''))
}
