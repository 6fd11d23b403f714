import type { Case } from './case.js'
import { closeCases } from './closing.js'
import { lockCases } from './locking.js'

/** Who may open a log, and how it ends. */
export const lifeCycleCases: readonly Case[] = [...lockCases, ...closeCases]
