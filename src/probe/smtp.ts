// SMTP_CHECK: banner, HELO, QUIT (RFC 5321). Sends no mail.
import type { ProbeRequest } from "../ports/probes.ts";
import { type Connect, type Connection, errnoName, type Finding, openConnection, printable } from "./tcp.ts";
import { within } from "./within.ts";

/** An SMTP probe. */
export type SmtpRequest = Extract<ProbeRequest, { type: "smtp" }>;

/** All lines of one reply together; a server that never ends its reply is given up here, bytes. */
const MAX_REPLY_BYTES = 8 * 1024;
const READ_BYTES = 1024;

/**
 * Connects, wants 220, says HELO, wants 250, says QUIT and wants any reply to it. Connection and each reply have
 * `timeoutMs`.
 */
export async function probeSmtp(connect: Connect, request: SmtpRequest, signal: AbortSignal): Promise<Finding> {
  const { target, heloName } = request;
  const connected = await openConnection(connect, target, signal);
  if (!connected.ok) return connected.finding;
  const { connection } = connected;
  const dialogue = new Dialogue(connection, target.timeoutMs, signal);
  try {
    const banner = await dialogue.expect(220, "banner");
    if (!banner.ok) return banner;
    await dialogue.say(`HELO ${printable(heloName)}`);
    const helo = await dialogue.expect(250, "answer to HELO");
    if (!helo.ok) return helo;
    await dialogue.say("QUIT");
    const quit = await dialogue.expect(undefined, "answer to QUIT");
    return quit.ok ? helo : quit;
  } finally {
    connection.close();
  }
}

/** A reply: its code and the text of its last line. */
export interface SmtpReply {
  readonly code: number;
  readonly text: string;
}

/** Puts replies together from pieces (RFC 5321 section 4.2.1). */
export class SmtpReplyReader {
  #text = "";
  #bytes = 0;

  /** Takes the next bytes, at most one reply's. @returns the reply, why it is none, or undefined: not whole yet */
  push(bytes: Uint8Array): SmtpReply | string | undefined {
    this.#bytes += bytes.length;
    this.#text += String.fromCharCode(...bytes);
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end < 0) break;
      const line = this.#text.slice(0, end).replace(/\r$/, "");
      this.#text = this.#text.slice(end + 1);
      const match = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line);
      if (match === null) return `not SMTP: ${printable(line.slice(0, 64))}`;
      if (match[2] !== "-") {
        this.#bytes = this.#text.length;
        return { code: Number(match[1]), text: printable(match[3] ?? "") };
      }
    }
    return this.#bytes > MAX_REPLY_BYTES ? `a reply longer than ${MAX_REPLY_BYTES} bytes` : undefined;
  }
}

/** Commands and replies, each within the limit. */
class Dialogue {
  readonly #connection: Connection;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  readonly #reader = new SmtpReplyReader();

  constructor(connection: Connection, timeoutMs: number, signal: AbortSignal) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  /** Sends a line. That it cannot be sent shows in the reply that does not come. */
  async say(line: string): Promise<void> {
    const bytes = new TextEncoder().encode(`${line}\r\n`);
    await within(this.#connection.write(bytes), this.#timeoutMs, this.#signal);
  }

  /** Waits for a reply with this code; undefined: with any. */
  async expect(code: number | undefined, what: string): Promise<Finding> {
    const waited = await within(this.#reply(), this.#timeoutMs, this.#signal);
    switch (waited.end) {
      case "done":
        return judge(waited.value, code, what);
      case "failed":
        return { ok: false, status: "L7RSP", text: `connection ${brokenBy(waited.error)} before the ${what}` };
      case "timeout":
        return { ok: false, status: "L7TOUT", text: `no ${what} within ${this.#timeoutMs} ms` };
      case "aborted":
        return { ok: false, status: "L7TOUT", text: `the check was cancelled before the ${what}` };
      default:
        return waited satisfies never;
    }
  }

  async #reply(): Promise<SmtpReply | string> {
    const buffer = new Uint8Array(READ_BYTES);
    for (let bytes: Uint8Array = buffer.subarray(0, 0);;) {
      const reply = this.#reader.push(bytes);
      if (reply !== undefined) return reply;
      const count = await this.#connection.read(buffer);
      if (count === null) throw new Error("closed");
      bytes = buffer.subarray(0, count);
    }
  }
}

function judge(reply: SmtpReply | string, wanted: number | undefined, what: string): Finding {
  if (typeof reply === "string") return { ok: false, status: "L7RSP", text: reply };
  const { code, text } = reply;
  const said = `${code} ${text}`.trim();
  if (wanted === undefined || code === wanted) return { ok: true, status: "L7OK", code, text: said };
  return { ok: false, status: "L7STS", code, text: `${what} is ${said}, wanted ${wanted}` };
}

function brokenBy(error: unknown): string {
  if (errnoName(error) === "ECONNRESET") return "reset";
  const message = error instanceof Error ? error.message : String(error);
  return message === "closed" ? "closed" : `broke (${printable(message)})`;
}
