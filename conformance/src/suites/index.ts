import type { Case } from './case.js'
import { basicCases } from './basic.js'

/** All cases of the kit, in the order in which they run: from the simple to the hard. */
export const allCases: readonly Case[] = [...basicCases]
