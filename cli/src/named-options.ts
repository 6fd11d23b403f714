import { isPersistentLogError, raise } from '@persistent-log/core'

/** The options of a command line, by the fields of the kit that they are handed to. */
export type OptionNames = Readonly<Record<string, string>>

/** Runs the kit; what it refuses by the name of a field is refused by the name of the option that set it. */
export async function withOptionNames<T>(names: OptionNames, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (!isPersistentLogError(cause, 'PLOG_INVALID_CONFIG')) throw cause
    const issues = cause.context.issues ?? []
    throw raise.invalidConfig(
      issues.map((issue) => {
        const [field = ''] = issue.path.split('.', 1)
        return { ...issue, path: names[field] ?? issue.path }
      }),
      { cause },
    )
  }
}
