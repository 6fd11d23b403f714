import { expect } from 'chai'
import { Container, inject, injectable } from 'inversify'
import { backendModule, backendToken, persistentLogModule, TOKENS } from '../../src/container/index.js'
import type { PersistentLog } from '../../src/contract/index.js'
import { memoryBackend } from '../support/memory-engine.js'
import { rejection } from '../support/rejections.js'
import { ballot, bytes } from '../support/values.js'

@injectable()
class Replica {
  constructor(@inject(TOKENS.Log) readonly log: PersistentLog) {}
}

describe('a container', () => {
  let container: Container
  let opened: PersistentLog[]
  beforeEach(() => {
    container = new Container()
    opened = []
  })
  afterEach(() => container.unbindAllAsync())

  it('opens the log of the configuration once, when it is first asked for', async () => {
    await container.loadAsync(persistentLogModule({ backend: memoryBackend('small', opened), firstSlot: 1 }))
    expect(opened).to.have.length(0)
    const log = await container.getAsync(TOKENS.Log)
    expect(log.bounds().compactedBefore).to.equal(1)
    await log.learn({ slot: 1, ballot: ballot(1), value: bytes('a') })
    expect(await container.getAsync(TOKENS.Log)).to.equal(log)
    expect(opened).to.deep.equal([log])
  })

  it('injects the log by its token', async () => {
    await container.loadAsync(persistentLogModule({ backend: memoryBackend('small', opened) }))
    container.bind(Replica).toSelf()
    const replica = await container.getAsync(Replica)
    expect(replica.log).to.equal(opened[0])
  })

  it('closes its logs when everything is unbound', async () => {
    await container.loadAsync(
      persistentLogModule({ backend: memoryBackend('small', opened) }),
      backendModule(memoryBackend('other', opened)),
    )
    await container.getAsync(TOKENS.Log)
    await container.getAsync(TOKENS.Log, { name: 'other' })
    expect(opened.map(({ status }) => status.state)).to.deep.equal(['open', 'open'])
    await container.unbindAllAsync()
    expect(opened.map(({ status }) => status.state)).to.deep.equal(['closed', 'closed'])
  })

  it('closes the log of a module that is unloaded, and only that', async () => {
    const module = backendModule(memoryBackend('other', opened))
    await container.loadAsync(persistentLogModule({ backend: memoryBackend('small', opened) }), module)
    const log = await container.getAsync(TOKENS.Log)
    const other = await container.getAsync(TOKENS.Log, { name: 'other' })
    await container.unloadAsync(module)
    expect([log.status.state, other.status.state]).to.deep.equal(['open', 'closed'])
    expect(container.isBound(backendToken('other'))).to.equal(false)
  })

  it('binds a token per backend, a name, and a descriptor for lists', async () => {
    const [one, two] = [memoryBackend('one'), memoryBackend('two')]
    await container.loadAsync(backendModule(one), backendModule(two))
    expect(container.get(backendToken('one'))).to.equal(one)
    expect(container.get(TOKENS.Backend, { name: 'two' })).to.equal(two)
    expect(container.getAll(TOKENS.BackendDescriptor)).to.deep.equal([
      { name: 'one', summary: 'keeps everything in memory, as one', needsDirectory: false },
      { name: 'two', summary: 'keeps everything in memory, as two', needsDirectory: false },
    ])
  })

  it('opens the same configuration on the backend that is named', async () => {
    await container.loadAsync(
      persistentLogModule({
        backend: memoryBackend('one', opened),
        firstSlot: 7,
        options: { two: { depth: 3 } },
      }),
      backendModule(memoryBackend('two', opened)),
    )
    const log = await container.getAsync(TOKENS.Log, { name: 'two' })
    expect(log.bounds().compactedBefore).to.equal(7)
    expect(opened).to.deep.equal([log])
  })

  it('refuses a wrong configuration when it is loaded, with its field', async () => {
    const load = (config: object) =>
      container.loadAsync(persistentLogModule({ backend: memoryBackend(), ...config }))
    const wrong = await rejection('PLOG_INVALID_CONFIG', () => load({ firstSlot: -1 }))
    expect(wrong.context.field).to.equal('firstSlot')
    const option = await rejection('PLOG_INVALID_CONFIG', () =>
      load({ options: { small: { depth: 'deep' } } }),
    )
    expect(option.context.field).to.equal('options.small.depth')
  })

  it('refuses an unknown backend when it is loaded', async () => {
    const error = await rejection('PLOG_UNKNOWN_BACKEND', () =>
      container.loadAsync(backendModule('no-such-one')),
    )
    expect(error.context.known).to.include('memory')
  })

  it('passes on why a log could not be opened, tries again, and closes the others all the same', async () => {
    const working = memoryBackend('small', opened)
    let fails = true
    const open: typeof working.open = (context) =>
      fails ? Promise.reject(new Error('device is gone')) : working.open(context)
    await container.loadAsync(
      persistentLogModule({ backend: { ...working, open } }),
      backendModule(memoryBackend('other', opened)),
    )
    const reasonOf = (call: Promise<unknown>) =>
      call.then(
        () => 'none',
        (error: Error) => error.message,
      )
    expect(await reasonOf(container.getAsync(TOKENS.Log))).to.equal('device is gone')
    fails = false
    expect((await container.getAsync(TOKENS.Log)).status.state).to.equal('open')
    await container.getAsync(TOKENS.Log, { name: 'other' })
    await container.unbindAllAsync()
    expect(opened.map(({ status }) => status.state)).to.deep.equal(['closed', 'closed'])
  })

  it('has nothing to close where no log could be opened', async () => {
    const failing = { ...memoryBackend(), open: () => Promise.reject(new Error('device is gone')) }
    await container.loadAsync(persistentLogModule({ backend: failing }))
    let seen: unknown
    await container.getAsync(TOKENS.Log).catch((error: unknown) => (seen = error))
    expect(seen).to.have.property('message', 'device is gone')
    await container.unbindAllAsync()
  })
})
