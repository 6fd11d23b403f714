import { expect } from 'chai'
import { CrashStates, type Tearing } from '../../src/crash-states/crash-state.js'
import { ROOT, type Change, type DiskEvent } from '../../src/disk/disk-event.js'
import { DiskImage } from '../../src/disk/disk-image.js'
import type { DiskModel } from '../../src/disk/durability.js'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const change = (made: Change, at: number): DiskEvent => ({ kind: 'change', change: made, ended: at + 1 })
const flush = (node: number, at: number, failed = false): DiskEvent => ({
  kind: 'flush',
  node,
  ended: at + 1,
  failed,
})
const link = (name: string, node: number): Change => ({
  kind: 'link',
  directory: ROOT,
  name,
  node,
  isDirectory: false,
})
const write = (node: number, offset: number, text: string): Change => ({
  kind: 'write',
  node,
  offset,
  bytes: bytes(text),
})
const rename = (fromName: string, name: string, node: number): Change => ({
  kind: 'rename',
  fromDirectory: ROOT,
  fromName,
  directory: ROOT,
  name,
  node,
})

/** What every crash behind the last event may leave, as `name=content` lists. */
function left(events: readonly DiskEvent[], model: DiskModel): Set<string> {
  // Behind a mark, states count anew that were possible before it: something else is owed there.
  const mark: DiskEvent = { kind: 'mark', mark: { kind: 'acknowledged', session: 0, at: 0 } }
  const trace = { initial: new DiskImage(), events: [...events, mark], sessions: [] }
  const states = new CrashStates(trace, model, 1)
  const last = states.states.filter(({ place }) => place === events.length + 1)
  return new Set(
    last.map((state) => {
      const image = states.imageOf(state)
      const files = [...image.entries()].map(({ path, node }) => {
        const content = image.files.get(node)?.toBytes().toString() ?? ''
        return `${path}=${content.replaceAll('\0', '.')}`
      })
      return files.sort().join(' ')
    }),
  )
}

describe('the states that a crash may leave', () => {
  const unflushed = [change(link('a', 1), 0), change(write(1, 0, 'x'.repeat(40)), 1)]

  it('are all of nothing, a name and torn bytes, as long as nothing was flushed', () => {
    const states = left(unflushed, 'strict')
    expect(states)
      .to.include('')
      .and.to.include('a=')
      .and.to.include(`a=${'x'.repeat(40)}`)
    expect([...states].some((state) => /^a=x{16}$/.test(state))).to.equal(true)
    expect([...states].some((state) => /^a=\.{16}x{24}$/.test(state))).to.equal(true)
  })

  it('lose the end only where the order is kept', () => {
    for (const state of left(unflushed, 'in-order')) expect(state).to.match(/^(?:a=x*)?$/)
  })

  it('hold what was flushed, but POSIX asks for a flush of the directory too', () => {
    const flushed = [...unflushed, flush(1, 2)]
    expect(left(flushed, 'strict')).to.deep.equal(new Set(['', `a=${'x'.repeat(40)}`]))
    expect(left(flushed, 'ext4')).to.deep.equal(new Set([`a=${'x'.repeat(40)}`]))
    expect(left([...flushed, flush(ROOT, 3)], 'strict')).to.deep.equal(new Set([`a=${'x'.repeat(40)}`]))
  })

  it('hold everything before what was flushed where the order is kept, and may lose what came after it', () => {
    const later = [change(link('b', 2), 2), change(write(2, 0, 'y'), 3), flush(2, 4)]
    expect(left([...unflushed, ...later], 'in-order')).to.deep.equal(new Set([`a=${'x'.repeat(40)} b=y`]))
    const behind = [...unflushed, flush(1, 2), ...later.slice(0, 2)]
    expect(left(behind, 'in-order')).to.include(`a=${'x'.repeat(40)}`)
  })

  it('hold everything before what was written through where the order is kept', () => {
    const through = { ...change(write(1, 40, 'z'), 2), writeThrough: true } as DiskEvent
    expect(left([...unflushed, through], 'in-order')).to.deep.equal(new Set([`a=${'x'.repeat(40)}z`]))
    expect(left([...unflushed, through], 'strict').size).to.be.greaterThan(1)
  })

  it('hold what the flush that ended first has reached, also where another one began before it', () => {
    const [linked, written] = unflushed
    const slow = { ...flush(2, 4), ended: 100 } as DiskEvent
    const other = [change(link('b', 2), 2), change(write(2, 0, 'y'), 3), slow]
    for (const model of ['in-order', 'ext4'] as const) {
      const states = left([linked!, written!, ...other, flush(1, 5), flush(ROOT, 6)], model)
      for (const state of states) expect(state, model).to.include(`a=${'x'.repeat(40)}`)
    }
  })

  it('do not hold a write that was still under way when the flush began', () => {
    const [linked, written] = unflushed
    const late = { ...written, ended: 3 } as DiskEvent
    expect(left([linked!, late, flush(1, 2), flush(ROOT, 3)], 'strict')).to.include('a=')
  })

  it('may have lost what a failed flush was to flush, whatever is flushed later', () => {
    const failed = [...unflushed, flush(ROOT, 2), flush(1, 3, true), flush(1, 4)]
    expect(left(failed, 'strict'))
      .to.include('a=')
      .and.to.include(`a=${'x'.repeat(40)}`)
  })

  it('may hold a new name without the bytes behind it', () => {
    const events = [...unflushed, change(rename('a', 'b', 1), 2), flush(ROOT, 3)]
    expect(left(events, 'strict')).to.include('b=')
    expect(left(events, 'ext4')).to.include('b=')
  })

  it('keep names in their order where there is a journal', () => {
    const events = [change(link('a', 1), 0), change(link('b', 2), 1)]
    expect(left(events, 'ext4')).to.deep.equal(new Set(['', 'a=', 'a= b=']))
    expect(left(events, 'strict')).to.include('b=')
  })

  it('lose single sectors of a long write', () => {
    const long = [change(link('a', 1), 0), flush(ROOT, 1), change(write(1, 0, 'y'.repeat(1_536)), 2)]
    const states = left(long, 'strict')
    expect(states).to.include(`a=${'y'.repeat(512)}${'.'.repeat(512)}${'y'.repeat(512)}`)
  })

  it('tear the last write anywhere, in every state that is tried, or where a device may: between sectors', () => {
    const long = [
      change(link('a', 1), 0),
      flush(ROOT, 1),
      change(write(1, 0, 'z'.repeat(100)), 2),
      change(write(1, 100, 'y'.repeat(41_236)), 3),
    ]
    const trace = { initial: new DiskImage(), events: long, sessions: [] }
    const cutsOf = (tearing?: Tearing): number[] =>
      new CrashStates(trace, 'strict', 1, tearing).states.flatMap(({ tear }) => {
        const offset = tear?.unit.change.kind === 'write' ? tear.unit.change.offset : 0
        return tear ? offset + (tear.from === 0 ? tear.to : tear.from) : []
      })
    const isBetween = (cut: number): boolean => cut % 512 === 0
    expect(cutsOf().every(isBetween)).to.equal(false)
    expect(cutsOf('between-sectors')).to.have.length.greaterThan(1)
    expect(cutsOf('between-sectors').every(isBetween)).to.equal(true)
    const torn = new CrashStates(trace, 'strict', 1, 'always').states
    expect(torn).to.have.length.greaterThan(4)
    expect(torn.every(({ tear }) => tear !== undefined)).to.equal(true)
  })

  it('are the same for the same seed', () => {
    const trace = { initial: new DiskImage(), events: unflushed, sessions: [] }
    const shown = (seed: number): string => JSON.stringify(new CrashStates(trace, 'strict', seed).states)
    expect(shown(3)).to.equal(shown(3))
  })
})
