// Follows the records of a TLS stream (RFC 8446 section 5.1) to tell whether the sender said goodbye. Decrypts nothing.

const HEADER_BYTES = 5;
/** ContentType. */
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
/** An alert in a record of TLS 1.3: two bytes, the hidden content type, and a tag of 16 (section 5.2). */
const HIDDEN_ALERT_BYTES = 19;

/**
 * One direction of a TLS connection, in pieces.
 *
 * A close_notify is the last record: an alert by its type up to TLS 1.2. TLS 1.3 hides the type, but not the length, which
 * an alert shares with two bytes of data only.
 */
export class TlsRecords {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #bodyBytes = 0;
  #goodbye = false;
  #greeted = false;

  /** The last whole record was an alert, and nothing has come after it. */
  get saidGoodbye(): boolean {
    return this.#goodbye;
  }

  /** A whole record of a handshake has come: a ServerHello, if this is a server. */
  get greeted(): boolean {
    return this.#greeted;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#bodyBytes > 0) {
        const count = Math.min(this.#bodyBytes, bytes.length - at);
        this.#bodyBytes -= count;
        at += count;
        if (this.#bodyBytes === 0) {
          this.#goodbye = this.#isAlert();
          this.#greeted ||= this.#header[0] === HANDSHAKE;
        }
        continue;
      }
      this.#goodbye = false;
      this.#header[this.#headerBytes++] = bytes[at++] ?? 0;
      if (this.#headerBytes < HEADER_BYTES) continue;
      this.#headerBytes = 0;
      this.#bodyBytes = this.#length();
    }
  }

  #length(): number {
    return ((this.#header[3] ?? 0) << 8) | (this.#header[4] ?? 0);
  }

  #isAlert(): boolean {
    const [type] = this.#header;
    return type === ALERT || (type === APPLICATION_DATA && this.#length() === HIDDEN_ALERT_BYTES);
  }
}
