import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import fc from 'fast-check'
import { bytesCodec, jsonCodec, utf8Codec, type Codec } from '../../src/layers/typed/index.js'
import { bytes, text } from '../support/values.js'

describe('the JSON codec', () => {
  const codec = jsonCodec<unknown>()

  it('returns what it was given, whatever JSON can hold', () => {
    const isKept = (value: unknown): void => {
      expect(codec.decode(codec.encode(value))).to.deep.equal(value)
    }
    // Without the -0 that it makes too: that is refused.
    fc.assert(
      fc.property(
        fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value))),
        isKept,
      ),
    )
  })

  it('encodes equal values to equal bytes, whatever the order of their keys', () => {
    expect(text(codec.encode({ b: 1, a: { d: [{ z: 0, y: 1 }], c: 2 } }))).to.equal(
      '{"a":{"c":2,"d":[{"y":1,"z":0}]},"b":1}',
    )
    expect(codec.encode({ a: 1, b: 2 })).to.deep.equal(codec.encode({ b: 2, a: 1 }))
  })

  it('keeps a key called __proto__', () => {
    const value: unknown = JSON.parse('{"__proto__":1,"a":2}')
    expect(text(codec.encode(value))).to.equal('{"__proto__":1,"a":2}')
  })

  const circle: Record<string, unknown> = { a: 1 }
  circle['next'] = [{ back: circle }]

  const refused: [string, unknown][] = [
    ['undefined', undefined],
    ['NaN', { a: NaN }],
    ['an infinity', [-Infinity]],
    ['minus zero', { price: -0 }],
    ['a circle', circle],
    ['a function', { f: () => 1 }],
    ['a symbol', Symbol('x')],
    ['a bigint', { n: 1n }],
    ['undefined in an array', [undefined, 1]],
    // eslint-disable-next-line no-sparse-arrays -- what it is about
    ['a hole in an array', { a: [, 1] }],
    ['a Map', { m: new Map([[1, 2]]) }],
    ['a Set', new Set([1])],
    ['bytes', { a: Uint8Array.of(1, 2) }],
    ['a boxed number', [new Number(1)]],
    ['an instance of a class', new (class Command {})()],
    ['an object that inherits from another', Object.create({ a: 1 })],
    ['what a toJSON makes of it', { toJSON: () => new Map() }],
  ]
  for (const [title, value] of refused) {
    it(`refuses ${title}, which JSON would change`, () => {
      expect(() => codec.encode(value)).to.throw(TypeError)
    })
  }

  it('names what it refuses', () => {
    expect(() => codec.encode({ m: new Map() })).to.throw('m is an object of Map, which JSON does not have')
    expect(() => codec.encode([0, undefined])).to.throw('the value[1] is undefined, which JSON does not have')
    expect(() => codec.encode(NaN)).to.throw('the value is NaN, which JSON does not have')
    expect(() => codec.encode({ b: [], a: { orders: [{ price: 1n }] } })).to.throw(
      'a.orders[0].price is a bigint,',
    )
    expect(() => codec.encode({ z: [[1], { 'a b': new Map() }] })).to.throw(
      'z[1]["a b"] is an object of Map,',
    )
    expect(() => codec.encode([-0])).to.throw('the value[0] is -0, which JSON.stringify writes as 0')
    expect(() => codec.encode(circle)).to.throw('next[0].back is what it stands in')
  })

  it('takes an object that stands in two places', () => {
    const shared = { list: [] }
    expect(text(codec.encode({ a: shared, b: [shared, shared.list] }))).to.equal(
      '{"a":{"list":[]},"b":[{"list":[]},[]]}',
    )
  })

  it('leaves out a property that is undefined, and writes what has a toJSON as what that returns', () => {
    expect(text(codec.encode({ a: undefined, b: 1 }))).to.equal('{"b":1}')
    expect(text(codec.encode({ at: new Date(0) }))).to.equal('{"at":"1970-01-01T00:00:00.000Z"}')
  })

  it('takes objects without a prototype, and those of another realm', () => {
    expect(text(codec.encode(Object.setPrototypeOf({ a: 1 }, null)))).to.equal('{"a":1}')
    expect(text(codec.encode(runInNewContext('({ a: [{ b: 1 }] })')))).to.equal('{"a":[{"b":1}]}')
  })

  it('refuses bytes that are no JSON', () => {
    expect(() => codec.decode(bytes('{'))).to.throw(SyntaxError)
    expect(() => codec.decode(Uint8Array.of(0xff))).to.throw(TypeError)
  })
})

describe('the UTF-8 codec', () => {
  it('returns what it was given, marks and rare letters too', () => {
    for (const value of ['', '\uFEFFmark', 'naïve', '🜚'])
      expect(utf8Codec.decode(utf8Codec.encode(value))).to.equal(value)
  })

  it('refuses half of a surrogate pair instead of replacing it', () => {
    expect(() => utf8Codec.encode('a\uD83D')).to.throw(TypeError, 'surrogate')
  })

  it('refuses what is no string', () => {
    const loose = utf8Codec as unknown as Codec<unknown>
    expect(() => loose.encode(5)).to.throw(TypeError, 'a string is expected, not number')
  })

  it('refuses bytes that are no UTF-8', () => {
    expect(() => utf8Codec.decode(Uint8Array.of(0xc3, 0x28))).to.throw(TypeError)
  })
})

describe('the bytes codec', () => {
  it('changes nothing', () => {
    expect(bytesCodec.decode(bytesCodec.encode(Uint8Array.of(0, 255)))).to.deep.equal(Uint8Array.of(0, 255))
  })
})
