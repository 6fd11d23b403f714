/**
 * Something a check found in a store's files.
 *
 * `torn`: the end of the newest log is an unfinished write. LevelDB drops it, which is legal: it was never
 * acknowledged. `ambiguous`: the last record of a log is there in full length but wrong, with nothing behind it;
 * either an unfinished write, or damage to the last acknowledged one. `corrupt`: damage for certain.
 */
export type LevelFinding =
  | {
      readonly kind: 'torn' | 'ambiguous'
      readonly file: string
      readonly offset: number
      readonly bytes: number
      readonly reason: string
    }
  | { readonly kind: 'corrupt'; readonly file: string; readonly offset: number; readonly reason: string }

/** A finding before it is known in which file it is. */
export interface Flaw {
  readonly offset: number
  readonly reason: string
}
