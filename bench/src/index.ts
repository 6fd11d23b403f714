// Benchmarks come with the next release.
export {}
