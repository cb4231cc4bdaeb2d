/** Splits a byte stream into JSON values, one a line: the framing of a watch. */
const NEWLINE = 0x0a;
/** Longer than the largest object an API server stores (etcd's 1.5 MiB), so only a broken peer reaches it. */
const MOST_LINE_BYTES = 16 * 1024 * 1024;

/**
 * Yields each line's value. Reads no further than the consumer has taken. A last line without its newline is a cut
 * connection and is dropped; a line that is no JSON, or longer than `mostBytes`, throws.
 */
export async function* jsonLines(
  chunks: AsyncIterable<Buffer>,
  mostBytes = MOST_LINE_BYTES,
): AsyncGenerator<unknown, void, void> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      const line = Buffer.concat(parts).toString('utf8');
      parts = [];
      size = 0;
      start = end + 1;
      if (line.trim() !== '') yield JSON.parse(line);
    }
    if (start < chunk.length) {
      parts.push(chunk.subarray(start));
      size += chunk.length - start;
      if (size > mostBytes) throw new Error(`watch event longer than ${mostBytes} bytes`);
    }
  }
}
