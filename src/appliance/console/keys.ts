// Bytes of a terminal to keys. Escape sequences (arrows, function keys) are swallowed: on a serial line they come byte by
// byte, and the menu needs none of them.

/** `enter`, `backspace`, `cancel` (Ctrl-C, Ctrl-D), or one printable character. */
export type Key = string;

/** Remembers where in an escape sequence a terminal is. */
export class KeyReader {
  #state: "plain" | "escape" | "sequence" = "plain";

  /** The keys that these bytes complete. */
  read(bytes: Uint8Array): Key[] {
    const keys: Key[] = [];
    for (const byte of bytes) {
      const key = this.#key(byte);
      if (key !== undefined) keys.push(key);
    }
    return keys;
  }

  #key(byte: number): Key | undefined {
    if (this.#state === "escape") {
      this.#state = byte === 0x5b || byte === 0x4f ? "sequence" : "plain";
      return undefined;
    }
    if (this.#state === "sequence") {
      if (byte >= 0x40 && byte <= 0x7e) this.#state = "plain";
      return undefined;
    }
    switch (byte) {
      case 0x1b:
        this.#state = "escape";
        return undefined;
      case 0x0d:
      case 0x0a:
        return "enter";
      case 0x08:
      case 0x7f:
        return "backspace";
      case 0x03:
      case 0x04:
        return "cancel";
      default:
        return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : undefined;
    }
  }
}
