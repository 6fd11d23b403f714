/** Takes what comes, to its end, for the sake of whether it comes. */
export async function drain(chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
  for await (const chunk of chunks) {
    void chunk
    signal?.throwIfAborted()
  }
}
