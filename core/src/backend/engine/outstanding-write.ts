import type { Survival } from '../../contract/survival.js'
import type { Effect } from './effect.js'

type WhenSettled = (failure?: { readonly cause: unknown }) => void

/** A write that was taken over and is not shown yet. */
export interface Write {
  readonly effects: readonly Effect[]
  readonly survives: Survival
  /** Later writes that are not shown before this one. */
  waiting: WhenSettled[] | undefined
}

/** Resolves when all of these are shown, rejects when one has failed. */
export function settled(writes: readonly Write[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = writes.length
    const one: WhenSettled = (failure) => {
      if (failure) reject(failure.cause)
      else if (--left === 0) resolve()
    }
    for (const write of writes) (write.waiting ??= []).push(one)
  })
}
