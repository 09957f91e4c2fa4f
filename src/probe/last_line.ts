// The last line of a text that comes in pieces, in bounded memory.

/** As many characters are kept, from the start of the line. */
const MAX_CHARACTERS = 256;

/** Follows a text; knows its last line that is not blank. */
export class LastLine {
  #last = "";
  #open = "";

  /** Takes the next bytes; what is not printable ASCII becomes a blank. */
  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === 0x0a) this.#close();
      else if (this.#open.length < MAX_CHARACTERS) {
        this.#open += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : " ";
      }
    }
  }

  /** The last line with anything on it, at most 256 characters; "" when there is none. */
  get text(): string {
    const open = this.#open.trim();
    return open === "" ? this.#last : open;
  }

  #close(): void {
    const line = this.#open.trim();
    if (line !== "") this.#last = line;
    this.#open = "";
  }
}
