import { crc32, deflateRawSync } from 'node:zlib'
import { expect } from 'chai'
import { median, spreadOf } from '../src/harness/measures.js'
import { besideEachOther } from '../src/harness/neighbours.js'
import { planCells } from '../src/harness/plan.js'
import { crc32OfWords } from '../src/machine/crc32.js'
import { Values } from '../src/values.js'
import { loadWorkloads } from '../src/workloads/load-workloads.js'
import { RandomSlots } from '../src/workloads/random.js'
import { fixture } from './support.js'

describe('harness', () => {
  it('computes the checksum that zlib computes', () => {
    for (const length of [1, 3, 4, 25, 33]) {
      const words = new Int32Array(length).map((_, index) => Math.imul(index + 7, 0x9e3779b1))
      expect(crc32OfWords(words)).to.equal(crc32(new Uint8Array(words.buffer)))
    }
  })

  it('knows the value of each slot, and no other', () => {
    const values = new Values(100)
    const seventh = values.at(7).slice()
    values.check(7, seventh)
    expect(() => values.check(8, seventh)).to.throw('slot 8 holds other bytes')
    expect(() => values.check(7, undefined)).to.throw('slot 7 was acknowledged and is gone')
    expect(() => values.check(7, seventh.subarray(1))).to.throw('slot 7 holds other bytes')
    expect(() => new Values(3)).to.throw('cannot carry its slot')
  })

  it('makes values that cannot be packed, alone or side by side', () => {
    for (const bytes of [100, 1_024, 16 * 1_024]) {
      const values = new Values(bytes)
      const some = Buffer.concat(Array.from({ length: 200 }, (_, slot) => values.at(slot).slice()))
      expect(deflateRawSync(some).length, `${bytes}`).to.be.above(0.97 * some.length)
    }
  })

  it('draws slots below the bound only, and nearly all of them', () => {
    const slots = new RandomSlots(100)
    const drawn = new Set(Array.from({ length: 2_000 }, () => slots.next()))
    expect(Math.max(...drawn)).to.be.below(100)
    expect(Math.min(...drawn)).to.be.at.least(0)
    expect(drawn.size).to.be.above(90)
  })

  it('takes medians and spreads', () => {
    expect(median([3, 1, 2])).to.equal(2)
    expect(median([4, 1, 2, 3])).to.equal(2.5)
    expect(spreadOf([90, 100, 110])).to.be.closeTo(0.2, 1e-12)
  })

  it('gives each workload a name of its own, and takes more from modules', async () => {
    const workloads = await loadWorkloads([fixture('tiny-workloads')])
    const names = workloads.map(({ name }) => name)
    expect(new Set(names).size).to.equal(names.length)
    expect(names).to.include('tiny-learn')
  })

  it('refuses a module without workloads', async () => {
    const error: unknown = await loadWorkloads([fixture('losing-backend')]).catch((reason: unknown) => reason)
    expect(error)
      .to.be.an('error')
      .with.property('message')
      .that.matches(/exports no list "workloads"/)
  })

  it('gives neighbouring turns to what is held against each other', () => {
    const order = (items: string, ...pairs: string[]): string =>
      besideEachOther(
        [...items],
        (item) => item,
        pairs.map(([a = '', b = '']) => [a, b] as const),
      ).join('')
    expect(order('abcdef')).to.equal('abcdef')
    expect(order('abcdef', 'af', 'fd')).to.equal('afdbce')
    expect(order('abcdef', 'xa', 'ea', 'ee', 'ba')).to.equal('aebcdf')
  })

  it('plans the limits of the machine once, and what is for one backend there only', async () => {
    const workloads = await loadWorkloads([])
    const plan = planCells(workloads, {
      backends: ['faster', 'lmdb'],
      suite: 'growth',
      isQuick: false,
      matching: [],
    })
    const labels = plan.map(({ backend, workload }) => `${backend} ${workload.name}`)
    expect(labels.filter((label) => label.endsWith('kernel-k'))).to.deep.equal(['machine kernel-k'])
    expect(labels).to.include.members(['faster growth-10m', 'lmdb growth-1m'])
    expect(labels).not.to.include('lmdb growth-10m')
    expect(labels, 'it takes half a minute').not.to.include('machine steady-load-30s-without-a-log')
    const loads = planCells(workloads, {
      ...{ backends: ['faster'], suite: 'all', isQuick: false },
      matching: ['steady-load-30s'],
    })
    expect(loads.map(({ backend }) => backend).filter((name) => name !== 'machine')).to.deep.equal(['faster'])
    expect(loads.some(({ workload }) => workload.name === 'steady-load-30s-without-a-log')).to.equal(true)
  })
})
