import type { ReferenceParts } from './reference-backend.js'

/** A reference log with one planted defect, in a few lines that replace one of its parts. */
export interface Mutant {
  readonly name: string
  /** What it does wrong. */
  readonly defect: string
  readonly plant: (parts: ReferenceParts) => Partial<ReferenceParts>
}
