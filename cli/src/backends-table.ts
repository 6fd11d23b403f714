import type { BackendRow } from './backend-row.js'

const yesOrNo = (fact: boolean): string => (fact ? 'yes' : 'no')

function abilities({ capabilities }: BackendRow): string[] {
  if (!capabilities) return ['', '', '', '']
  const { survives, openBy, syncReads, limits } = capabilities
  return [survives.accept, survives.commit, openBy, `${yesOrNo(syncReads)}, ${limits.valueBytes}`]
}

function state({ installed, version, problem }: BackendRow): string {
  if (problem !== undefined) return 'cannot be used'
  return installed ? (version ?? 'yes') : 'no'
}

/** The lines of a table of backends, and below it what keeps one from being used. */
export async function backendsTable(rows: readonly BackendRow[], withAbilities: boolean): Promise<string[]> {
  const [{ default: Table }, { default: colour }] = await Promise.all([
    import('cli-table3'),
    import('picocolors'),
  ])
  const more = withAbilities
    ? ['accept survives', 'commit survives', 'open by', 'sync reads, value bytes']
    : []
  // Asked here, because picocolors would colour the log of a CI run as well.
  const isTerminal = process.stdout.isTTY
  const head = ['backend', 'package', 'installed', 'stores files', ...more, 'summary'].map((word) =>
    isTerminal ? colour.bold(word) : word,
  )
  const table = new Table({ head, style: { head: [], border: [] } })
  for (const row of rows) {
    const { name, needsDirectory, summary } = row
    const files = needsDirectory === undefined ? '' : yesOrNo(needsDirectory)
    table.push([
      name,
      row.package,
      state(row),
      files,
      ...(withAbilities ? abilities(row) : []),
      summary ?? '',
    ])
  }
  const problems = rows.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`]))
  return [...table.toString().split('\n'), ...problems]
}
