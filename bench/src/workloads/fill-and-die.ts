import process from 'node:process'
import { fill } from '../harness/fill.js'
import { openSubject } from '../subjects/open-subject.js'
import { Values } from '../values.js'

// A process of its own: fills a log and is killed in the moment when everything is acknowledged.
const [name = '', directory = '', entries, valueBytes] = process.argv.slice(2)
const subject = await openSubject({ name, directory, survives: 'process-crash' })
await fill(subject, new Values(Number(valueBytes)), Number(entries))
process.kill(process.pid, 'SIGKILL')
