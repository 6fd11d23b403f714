interface UnderWay {
  readonly doing: string
}

/** What is under way in this process; the innermost last. */
const underWay: UnderWay[] = []

/** The exit code of Node.js where nothing is left that could go on, and the main module still waits. */
const NOTHING_LEFT = 13

process.on('exit', (code) => {
  const { doing } = underWay.at(-1) ?? {}
  if (doing === undefined) return
  console.error(`conformance: the process ended while ${doing}`)
  // Whoever ended it may say why by another code.
  if (code === 0 || code === NOTHING_LEFT) process.exitCode = 1
})

/**
 * Does something in whose course nobody may end the process: a backend that does, or that leaves it nothing to wait for, would
 * pass for one that nothing is wrong with. What was under way is said on stderr then, and the exit code is 1.
 */
export async function noEndDuring<T>(doing: string, act: () => Promise<T>): Promise<T> {
  const entry: UnderWay = { doing }
  underWay.push(entry)
  try {
    return await act()
  } finally {
    underWay.splice(underWay.indexOf(entry), 1)
  }
}
