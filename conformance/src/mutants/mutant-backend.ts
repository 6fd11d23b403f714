import type { Backend } from '@persistent-log/core'
import { allMutants } from './all-mutants.js'
import { REFERENCE_PARTS, referenceBackend } from './reference-backend.js'
import { attachMutant } from './thread-mutants.js'

/** The reference log, broken as `options: { mutant: { name } }` says; named by its URL like any other backend. */
export const backend: Backend<{ readonly name: string }> = {
  name: 'mutant',
  summary: 'The reference log with a planted defect',
  needsDirectory: true,
  options: {
    safeParse(input) {
      const { name } = input as { name?: string }
      const mutant = allMutants.find((one) => one.name === name)
      if (mutant) return { success: true, data: { name: mutant.name } }
      return {
        success: false,
        error: { issues: [{ path: ['name'], message: 'must be the name of a mutant' }] },
      }
    },
  },
  attach: attachMutant,
  open(context) {
    const mutant = allMutants.find(({ name }) => name === context.options.name)
    return referenceBackend('mutant', { ...REFERENCE_PARTS, ...mutant?.plant(REFERENCE_PARTS) }).open(context)
  },
}
