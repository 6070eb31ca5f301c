const BYTE_LIMIT = 1024 ** 3;

/** All bytes of a response. Throws when there is more than 1 GiB: the page could not hold it. */
export async function readBytes(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  const reader = response.body!.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    byteCount += value.byteLength;
    if (byteCount > BYTE_LIMIT) {
      await reader.cancel();
      throw new Error("The rows are larger than 1 GiB: ask for fewer rows or columns.");
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(byteCount);
  let position = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.byteLength;
  }
  return bytes;
}
