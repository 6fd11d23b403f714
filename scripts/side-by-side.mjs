// Jobs side by side, their output one after the other: the first one that is not over prints as it goes, what the others
// print is kept until their turn comes.
export const sideBySide = async (jobs, lanes) => {
  const turns = jobs.map(() => ({ kept: [], isOver: false }))
  const results = []
  let printing = 0
  let next = 0

  const printerOf = (at) => (chunk) => {
    if (at === printing) process.stdout.write(chunk)
    else turns[at].kept.push(chunk)
  }
  const end = (at) => {
    turns[at].isOver = true
    while (printing < jobs.length && turns[printing].isOver) {
      printing++
      for (const chunk of turns[printing]?.kept.splice(0) ?? []) process.stdout.write(chunk)
    }
  }
  const lane = async () => {
    while (next < jobs.length) {
      const at = next++
      results[at] = await jobs[at](printerOf(at))
      end(at)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}
