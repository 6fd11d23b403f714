import { Presets, SingleBar } from 'cli-progress'

/** Tells people how far the work has come. */
export interface Progress {
  begin(title: string, total: number): void
  update(done: number): void
  /** A line about something that happened. */
  tell(line: string): void
  end(): void
}

/** A bar on a terminal; a line per quarter anywhere else. */
export function progressFor(output: NodeJS.WriteStream): Progress {
  return output.isTTY ? new BarProgress(output) : new LineProgress(output)
}

const FORMAT = '  {bar} {percentage}% | {value} of {total} commits | {eta_formatted} left'

class BarProgress implements Progress {
  readonly #output: NodeJS.WriteStream
  #bar: SingleBar | undefined
  #total = 0
  #done = 0

  constructor(output: NodeJS.WriteStream) {
    this.#output = output
  }

  begin(title: string, total: number): void {
    this.#output.write(`${title}\n`)
    this.#total = total
    this.#done = 0
    this.#show()
  }

  update(done: number): void {
    this.#done = done
    this.#bar?.update(done)
  }

  tell(line: string): void {
    this.#hide()
    this.#output.write(`  ${line}\n`)
    this.#show()
  }

  end(): void {
    this.#hide()
  }

  #show(): void {
    const options = { format: FORMAT, stream: this.#output, hideCursor: true, clearOnComplete: true }
    this.#bar = new SingleBar(options, Presets.shades_classic)
    this.#bar.start(this.#total, this.#done)
  }

  #hide(): void {
    this.#bar?.stop()
    this.#bar = undefined
  }
}

const STEPS = 4

class LineProgress implements Progress {
  readonly #output: NodeJS.WriteStream
  #total = 0
  #told = 0

  constructor(output: NodeJS.WriteStream) {
    this.#output = output
  }

  begin(title: string, total: number): void {
    this.#total = total
    this.#told = 0
    this.#output.write(`${title}\n`)
  }

  update(done: number): void {
    const step = Math.floor((done * STEPS) / this.#total)
    if (step <= this.#told) return
    this.#told = step
    this.tell(`${done.toLocaleString('en')} of ${this.#total.toLocaleString('en')} commits`)
  }

  tell(line: string): void {
    this.#output.write(`  ${line}\n`)
  }

  end(): void {
    this.#told = 0
  }
}
