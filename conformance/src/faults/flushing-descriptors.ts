import { readdir, readFile } from 'node:fs/promises'

/** O_DSYNC as Linux has it; O_SYNC contains it. */
const O_DSYNC = 0o10000

/** The descriptors of a process that flush what is written through them: a trace does not show what it was opened with. */
export async function flushingDescriptors(pid: number): Promise<ReadonlySet<string>> {
  const flushing = new Set<string>()
  for (const descriptor of await readdir(`/proc/${pid}/fdinfo`)) {
    // One may be closed meanwhile.
    const facts = await readFile(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8').catch(() => '')
    const [, flags = '0'] = /^flags:\s+([0-7]+)$/m.exec(facts) ?? []
    if ((Number.parseInt(flags, 8) & O_DSYNC) !== 0) flushing.add(descriptor)
  }
  return flushing
}
