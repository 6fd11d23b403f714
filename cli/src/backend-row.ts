import type { Capabilities } from '@persistent-log/core'

/** What is known about one backend. */
export interface BackendRow {
  /** The word for the configuration. */
  readonly name: string
  readonly package: string
  readonly installed: boolean
  readonly version?: string | undefined
  readonly summary?: string | undefined
  readonly needsDirectory?: boolean | undefined
  /** Facts about a log that was opened in a temporary directory. */
  readonly capabilities?: Capabilities | undefined
  /** Why it cannot be used although it is there. */
  readonly problem?: string | undefined
}
