// Reads lines and exact numbers of bytes from a stream, without holding more than a chunk.

/** What is read from: an open file, standard input. */
export interface ByteSource {
  read(buffer: Uint8Array): Promise<number | null>;
}

const CHUNK_BYTES = 1 << 20;

/** A source with a memory of what was read too much. */
export class ByteStream {
  readonly #source: ByteSource;
  readonly #buffer = new Uint8Array(CHUNK_BYTES);
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The next line without its newline; undefined when it is longer than `limit` bytes or the stream ends in it. */
  async line(limit: number): Promise<string | undefined> {
    let line = new Uint8Array(0);
    while (true) {
      const chunk = await this.chunk(limit + 1 - line.length);
      if (chunk === undefined) return undefined;
      const end = chunk.indexOf(10);
      const part = end < 0 ? chunk : chunk.slice(0, end);
      line = new Uint8Array([...line, ...part]);
      if (end >= 0) {
        this.#rest = new Uint8Array([...chunk.slice(end + 1), ...this.#rest]);
        return new TextDecoder().decode(line);
      }
      if (line.length > limit) return undefined;
    }
  }

  /** The next bytes, at most so many, at least one; undefined at the end. They are valid until the next call. */
  async chunk(limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#rest.length > 0) {
      const chunk = this.#rest.subarray(0, limit);
      this.#rest = this.#rest.subarray(chunk.length);
      return chunk;
    }
    const length = await this.#source.read(this.#buffer.subarray(0, Math.min(limit, CHUNK_BYTES)));
    return length === null ? undefined : this.#buffer.subarray(0, length);
  }
}
