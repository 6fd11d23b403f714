import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'

/**
 * EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are the same request, _IOR('X', 125, __u32); 2 is NOLOGFLUSH: what the journal
 * and the page cache have not written is dropped, as without power. Perl, because Node.js has no ioctl and every Debian
 * has Perl.
 */
const PROGRAM = `
  open(my $disk, '<', $ARGV[0]) or die "open: $!";
  $| = 1;
  print "armed\\n";
  exit 0 unless <STDIN>;
  my $flag = pack('L', 2);
  ioctl($disk, 0x8004587d, $flag) or die "ioctl: $!";
  print "cut\\n";
`

/**
 * A process that waits for the word to cut the power of a mounted file system, which it keeps from being unmounted: disarm it
 * in `finally`.
 */
export class PowerSwitch {
  readonly #process
  readonly #ended: Promise<unknown>
  #said = ''
  #complained = ''

  private constructor(mount: string) {
    this.#process = spawn('perl', ['-e', PROGRAM, mount], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#ended = once(this.#process, 'close')
    this.#process.stdout.setEncoding('utf8').on('data', (text: string) => (this.#said += text))
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => (this.#complained += text))
    // A process that has ended does not read any more; that is seen by what it said.
    this.#process.stdin.on('error', () => undefined)
  }

  static async arm(mount: string): Promise<PowerSwitch> {
    const power = new PowerSwitch(mount)
    await Promise.race([once(power.#process.stdout, 'data'), power.#ended])
    if (!power.#said.includes('armed')) throw new Error(`the power switch failed: ${power.#complained}`)
    // It ends with this process, and must not keep it alive.
    for (const part of power.#parts) part.unref()
    return power
  }

  get #parts(): readonly { ref(): unknown; unref(): unknown }[] {
    const { stdin, stdout, stderr } = this.#process
    return [this.#process, ...([stdin, stdout, stderr] as unknown as Socket[])]
  }

  /** The word is on its way when this returns; the promise tells that it was done. */
  async cut(): Promise<void> {
    this.#process.stdin.end('now\n')
    await this.#end()
    if (!this.#said.includes('cut')) throw new Error(`the power was not cut: ${this.#complained}`)
  }

  /** Lets go of the file system without cutting its power; does nothing where it was cut. */
  async disarm(): Promise<void> {
    this.#process.stdin.end()
    await this.#end()
  }

  async #end(): Promise<void> {
    for (const part of this.#parts) part.ref()
    await this.#ended
  }
}
