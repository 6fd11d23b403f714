import { expect } from 'chai'
import { proposal, text } from '../running/values.js'
import type { Case } from './case.js'

/** Store, read, nothing lost on the way. */
export const basicCases: readonly Case[] = [
  {
    id: 'basic.store-then-retrieve',
    title: 'reads a decision back as it was learned',
    async run(ctx) {
      const log = await ctx.open()
      await log.learn(proposal(0, 1, 'first'))
      const decision = await log.read(0)
      expect(text(decision?.value)).to.equal('first')
      expect(decision?.ballot).to.deep.equal({ round: 1, nodeId: 0 })
    },
  },
]
