// Question and answer over one connection, each within the limit and in bounded memory. What the answers mean is up to others.
import type { ProbeTarget, ProbeTls } from "../ports/probes.ts";
import { type Connect, type Connected, type Connection, errnoName, type Finding, openConnection } from "./tcp.ts";
import { printable } from "./tcp.ts";
import { openTls } from "./tls.ts";
import { within } from "./within.ts";

/** What was understood of the bytes so far: a value and how many of them it took; a sentence; undefined: more is needed. */
export type Understood<Value> = { readonly value: Value; readonly length: number } | string | undefined;

/** A value, or why there is none. */
export type Heard<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly finding: Finding };

const READ_BYTES = 4096;
/** A peer that says more without making sense is not listened to any longer. */
const MAX_BYTES = 64 * 1024;

/** Connects, with TLS where that is asked for. */
export function openPlainOrTls(
  connect: Connect,
  { target, tls }: { readonly target: ProbeTarget; readonly tls?: ProbeTls },
  signal: AbortSignal,
): Promise<Connected> {
  return tls === undefined ? openConnection(connect, target, signal) : openTls(connect, target, tls, signal);
}

/** One connection. The caller closes it. */
export class Conversation {
  readonly #connection: Connection;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  #bytes = new Uint8Array();
  #ended = false;

  /** @param timeoutMs for each answer */
  constructor(connection: Connection, timeoutMs: number, signal: AbortSignal) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  /** Sends. That it cannot be sent shows in the answer that does not come. */
  async say(bytes: Uint8Array): Promise<void> {
    await within(this.#write(bytes), this.#timeoutMs, this.#signal);
  }

  /**
   * Waits for an answer.
   *
   * @param what what is waited for, for people: `greeting`
   * @param understand is given all bytes that are not understood yet; `ended`: no more will come
   */
  async hear<Value>(
    what: string,
    understand: (bytes: Uint8Array, ended: boolean) => Understood<Value>,
  ): Promise<Heard<Value>> {
    const waited = await within(this.#understood(understand), this.#timeoutMs, this.#signal);
    switch (waited.end) {
      case "done":
        if (typeof waited.value !== "string") return { ok: true, value: waited.value.value };
        return wrong({ status: "L7RSP", text: waited.value });
      case "failed":
        return wrong(
          this.#connection.fault?.(waited.error) ??
            { status: "L7RSP", text: `${brokenBy(waited.error)} before the ${what}` },
        );
      case "timeout":
        return wrong({ status: "L7TOUT", text: `no ${what} within ${this.#timeoutMs} ms` });
      case "aborted":
        return wrong({ status: "L7TOUT", text: `the check was cancelled before the ${what}` });
      default:
        return waited satisfies never;
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#connection.write(bytes.subarray(sent));
  }

  async #understood<Value>(
    understand: (bytes: Uint8Array, ended: boolean) => Understood<Value>,
  ): Promise<Exclude<Understood<Value>, undefined>> {
    const buffer = new Uint8Array(READ_BYTES);
    for (;;) {
      const understood = this.#bytes.length > 0 || this.#ended ? understand(this.#bytes, this.#ended) : undefined;
      if (typeof understood === "object") this.#bytes = this.#bytes.slice(understood.length);
      if (understood !== undefined) return understood;
      if (this.#ended) throw closed();
      if (this.#bytes.length > MAX_BYTES) return `an answer longer than ${MAX_BYTES} bytes`;
      const count = await this.#connection.read(buffer);
      if (count === null) this.#ended = true;
      else this.#bytes = Uint8Array.from([...this.#bytes, ...buffer.subarray(0, count)]);
    }
  }
}

function wrong(finding: Pick<Finding, "status" | "text">): { ok: false; finding: Finding } {
  return { ok: false, finding: { ...finding, ok: false } };
}

function closed(): Error {
  return Object.assign(new Error("closed"), { code: "ECONNABORTED" });
}

function brokenBy(error: unknown): string {
  switch (errnoName(error)) {
    case "ECONNRESET":
      return "connection reset";
    case "ECONNABORTED":
      return "connection closed";
    default:
      return `connection broke (${printable(error instanceof Error ? error.message : String(error))})`;
  }
}
