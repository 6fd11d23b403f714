import { expect } from 'chai'
import type { OptionsSchema } from '../../src/contract/index.js'
import { defineBackend } from '../../src/backend/define-backend.js'
import { openContext } from '../../src/registry/index.js'
import { rejection } from '../support/rejections.js'

describe('options by a schema from elsewhere', () => {
  const refused = (options: OptionsSchema<unknown>, section: unknown) => {
    const backend = defineBackend({
      name: 'engine',
      summary: '',
      needsDirectory: false,
      options,
      open: () => Promise.reject(new Error('opened')),
    })
    const loaded = { config: { backend, options: { engine: section } }, relativeTo: '/' }
    return rejection('PLOG_INVALID_CONFIG', () => openContext(backend, loaded))
  }

  it('are refused by its issues', async () => {
    const issues = [{ path: ['depth'], message: 'must be 3' }]
    const schema = { safeParse: () => ({ success: false as const, error: { issues } }) }
    const error = await refused(schema, { depth: 4 })
    expect(error.message).to.include('options.engine.depth: must be 3, got 4')
  })

  it('are named with the nearest known one where it is a schema of zod', async () => {
    // The shapes that zod 4 gives to schemas and issues: a default wraps an object, and an issue has several keys.
    const inner = { shape: { maxBytes: {}, sync: { def: { innerType: { shape: { everyMs: {} } } } } } }
    const issues = [
      { path: ['sync'], message: '', code: 'unrecognized_keys', keys: ['everyMS'] },
      { path: [], message: '', code: 'unrecognized_keys', keys: ['maxByte', 'colour'] },
    ]
    const schema = {
      def: { innerType: inner },
      safeParse: () => ({ success: false as const, error: { issues } }),
    }
    const section = { sync: { everyMS: 1 }, maxByte: 2, colour: 3 }
    const { context } = await refused(schema, section)
    expect(context.issues).to.deep.equal([
      {
        path: 'options.engine.sync.everyMS',
        message: 'is not a known key; did you mean "everyMs"?; allowed are everyMs',
        value: 1,
      },
      {
        path: 'options.engine.maxByte',
        message: 'is not a known key; did you mean "maxBytes"?; allowed are maxBytes, sync',
        value: 2,
      },
      {
        path: 'options.engine.colour',
        message: 'is not a known key; allowed are maxBytes, sync',
        value: 3,
      },
    ])
  })
})
