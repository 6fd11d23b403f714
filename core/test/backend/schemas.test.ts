import { expect } from 'chai'
import { fields, flag, integer, oneOf, someFields, v } from '../../src/backend/schemas.js'

describe('a schema of fields', () => {
  const schema = fields({
    bytes: v.optional(integer(1, 8), 4),
    word: oneOf(['one', 'two']),
    deep: v.optional(fields({ isOn: v.optional(flag, true) })),
    bare: v.optional(
      v.pipe(
        v.unknown(),
        v.check(() => true),
      ),
    ),
  })

  const issuesOf = (input: unknown) => {
    const result = schema.safeParse(input)
    if (result.success) return expect.fail('nothing was refused')
    return result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
  }

  it('completes what is left out, at every depth', () => {
    expect(schema.safeParse({ word: 'one', deep: {} })).to.deep.equal({
      success: true,
      data: { bytes: 4, word: 'one', deep: { isOn: true } },
    })
  })

  it('is one of valibot too', () => {
    expect(v.parse(schema, { word: 'two' })).to.deep.equal({ bytes: 4, word: 'two' })
  })

  it('names all that is wrong at once, and every unknown key', () => {
    expect(issuesOf({ bytes: 0.5, word: 'three', deep: { isOn: 1, off: 1, on: 1 }, other: 1 })).to.deep.equal(
      [
        'bytes must be an integer from 1 to 8',
        'word must be one of "one", "two"',
        'deep.isOn must be true or false',
        'deep.off is not a known key; allowed are isOn',
        'deep.on is not a known key; allowed are isOn',
        'other is not a known key; allowed are bytes, word, deep, bare',
      ],
    )
  })

  it('says of a missing field what it has to be', () => {
    expect(issuesOf({})).to.deep.equal(['word must be one of "one", "two"'])
    const silent = fields({ own: v.pipe(v.unknown(), v.transform(String)) })
    expect(silent.safeParse({}).success).to.equal(false)
  })

  it('refuses what is no object, a list included', () => {
    for (const input of [undefined, null, 5, 'x', [], [1], () => undefined]) {
      expect(issuesOf(input)).to.deep.equal([' must be an object of bytes, word, deep, bare'])
    }
    const [issue] = issuesOf({ word: 'one', deep: [] })
    expect(issue).to.equal('deep must be an object of isOn')
  })

  for (const value of [0, 9, 1.5, NaN, Infinity, '4', null, 4n, true]) {
    it(`takes ${String(value)} of type ${typeof value} for no integer from 1 to 8`, () => {
      expect(issuesOf({ word: 'one', bytes: value })).to.deep.equal(['bytes must be an integer from 1 to 8'])
    })
  }

  it('may be of some fields, and leave the others alone', () => {
    const some = someFields({ bytes: integer(1, 8) }, 'must have bytes')
    expect(v.parse(some, { bytes: 1, other: 2 })).to.deep.equal({ bytes: 1, other: 2 })
    const refused = (input: unknown) => v.safeParse(some, input).issues?.map(({ message }) => message)
    expect(refused([])).to.deep.equal(['must have bytes'])
    expect(refused({ other: 2 })).to.deep.equal(['must be an integer from 1 to 8'])
  })
})
