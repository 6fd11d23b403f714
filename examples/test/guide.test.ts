import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'

const PACKAGE = new URL('../../third-party-backend/', import.meta.url)
const VERSIONED = ['core', 'cli', 'conformance']

/** Code blocks under the name of their file: `name`: and the block. */
const BLOCKS = /`([\w.-]+)`(?:, [^\n]+)?:\n\n```\w+\n(.*?)\n```/gs

const read = (file: string): string => readFileSync(new URL(file, PACKAGE), 'utf8')

// `npm run check:third-party` installs the package, and runs the kit over it.
describe('the guide to a backend of a third party', () => {
  const blocks = [...read('README.md').matchAll(BLOCKS)].map(([, file = '', code = '']) => ({ file, code }))

  it('shows every file of its package, as it is', () => {
    const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, string> }
    expect(blocks.map(({ file }) => file)).to.have.members([
      'package.json',
      'index.js',
      'sqlite-store.js',
      'conformance.test.js',
    ])
    for (const { file, code } of blocks) expect(code, file).to.equal(read(file).trimEnd())
    expect(Object.values(exports).every((file) => existsSync(new URL(file, PACKAGE)))).to.equal(true)
  })

  it('asks for the packages in the version that they have', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >
    for (const name of VERSIONED) {
      const manifest = readFileSync(new URL(`../../${name}/package.json`, PACKAGE), 'utf8')
      const { version } = JSON.parse(manifest) as { version: string }
      expect({ ...dependencies, ...devDependencies }).to.include({ [`@persistent-log/${name}`]: version })
    }
  })
})
