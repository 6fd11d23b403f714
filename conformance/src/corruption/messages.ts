import type { Bench, WorkloadPlan } from '../crash-states/messages.js'
import type { Consequence } from './classify.js'
import type { DamageKind } from './damage.js'

/**
 * What is done with a damaged log: `open` it as it is configured; `salvage` what a strict open refuses; or `repair` what
 * was salvaged by learning, and open it strictly again; or `recover` a state machine from it.
 */
export type AfterDamage = 'open' | 'salvage' | 'repair' | 'recover'

/** Which damage is done. */
export interface DamageChoice {
  readonly kinds: readonly DamageKind[]
  /** At most so many of each kind, drawn by the seed; absent: all. */
  readonly most?: number | undefined
  /** Only this one. */
  readonly only?: number | undefined
  /** Go on behind this one. */
  readonly behind?: number | undefined
  readonly then: AfterDamage
}

/** What the kit tells a child that opens damaged logs. */
export type DamageCommand =
  /** Make a log and note what it holds. */
  | { readonly kind: 'make'; readonly bench: Bench; readonly plan: WorkloadPlan }
  | { readonly kind: 'damage'; readonly bench: Bench; readonly choice: DamageChoice }

/** What such a child says. */
export type DamageReport =
  | {
      readonly kind: 'made'
      readonly bytes: number
      readonly files: number
      /** Every write to the files was seen. */
      readonly isFollowed: boolean
    }
  | { readonly kind: 'opening'; readonly damage: number; readonly shown: string }
  | {
      readonly kind: 'opened'
      readonly damage: number
      readonly shown: string
      readonly consequence: Consequence
      readonly evidence: string
    }
  | { readonly kind: 'finished'; readonly possible: number }
