// An update read from a web server: HTTPS only, gone on with where the connection broke. Judges nothing of the content: the
// signature and the checksums do, so that neither the server nor the way to it need be trusted.
import type { ByteSource } from "./byte_stream.ts";

/** How a download behaves. */
export interface DownloadOptions {
  /** Certificates, in PEM, that are trusted besides the usual ones. */
  readonly caCerts?: readonly string[];
  /** A connection that brings nothing for that long is given up. */
  readonly stallMs?: number;
  /** Pause before the next try. */
  readonly pauseMs?: number;
  readonly log?: (line: string) => void;
}

/** Nothing in an update is larger than a slot's partitions, 560 MiB together. */
const MAX_BYTES = 2 ** 30;
const MAX_REDIRECTIONS = 5;
/** Tries without a byte in between. */
const MAX_TRIES = 6;
const STALL_MS = 60_000;
const PAUSE_MS = 3000;

/** What trying again does not mend. */
class Refused extends Error {}

/** A file on a web server as a source of bytes. */
export class Download implements ByteSource {
  readonly #url: URL;
  readonly #options: DownloadOptions;
  readonly #client: Deno.HttpClient;
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  #abort = new AbortController();
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Bytes that were handed out or wait in `#rest`. */
  #received = 0;
  /** Of those that come next, how many are known already: the server began anew. */
  #skip = 0;
  #total: number | undefined;
  #tag: string | undefined;
  #tries = 0;

  private constructor(url: URL, options: DownloadOptions) {
    this.#url = url;
    this.#options = options;
    this.#client = Deno.createHttpClient({ caCerts: [...options.caCerts ?? []], poolMaxIdlePerHost: 0 });
  }

  /** Asks the server. @throws Error with one sentence when there is nothing to be had */
  static async open(address: string, options: DownloadOptions = {}): Promise<Download> {
    if (!URL.canParse(address)) throw new Refused(`${address} is not an address`);
    const url = new URL(address);
    if (url.protocol !== "https:") throw new Refused("updates are read over https only");
    const download = new Download(url, options);
    try {
      await download.#connect();
    } catch (error) {
      download[Symbol.dispose]();
      throw new Error(reason(error));
    }
    return download;
  }

  /** The next bytes; null at the end. @throws Error when the server does not give the rest */
  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#rest.length === 0) {
      try {
        if (!await this.#fill()) return null;
      } catch (error) {
        await this.#again(error);
      }
    }
    const part = this.#rest.subarray(0, buffer.length);
    buffer.set(part);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
    this.#reader = undefined;
    this.#client.close();
  }

  /** Waits for the next part. @returns false at the end */
  async #fill(): Promise<boolean> {
    if (this.#reader === undefined) await this.#connect();
    const { done, value } = await this.#inTime(() =>
      this.#reader?.read() ?? Promise.reject(new Error("not connected"))
    );
    if (done) {
      if (this.#total === undefined || this.#received >= this.#total) return false;
      throw new Error("the connection ended too early");
    }
    const known = Math.min(this.#skip, value.length);
    this.#skip -= known;
    this.#rest = value.subarray(known);
    this.#received += this.#rest.length;
    if (this.#received > (this.#total ?? MAX_BYTES)) throw new Refused("the server sends more than it said");
    if (this.#rest.length > 0) this.#tries = 0;
    return true;
  }

  /** After a failure: waits, so that the next turn connects again. @throws what cannot be mended */
  async #again(error: unknown): Promise<void> {
    this.#tries += 1;
    if (error instanceof Refused || this.#tries >= MAX_TRIES) throw new Error(reason(error));
    this.#options.log?.(`the download stopped after ${this.#received} bytes (${reason(error)}); trying again`);
    this.#abort.abort();
    this.#reader = undefined;
    await new Promise((resolve) => setTimeout(resolve, this.#options.pauseMs ?? PAUSE_MS));
  }

  async #connect(): Promise<void> {
    this.#abort = new AbortController();
    const response = await this.#request();
    const tag = response.headers.get("etag") ?? response.headers.get("last-modified") ?? undefined;
    this.#skip = 0;
    if (this.#received > 0) {
      const range = response.headers.get("content-range")?.match(/^bytes (\d+)-\d+\/(\d+|\*)$/);
      if (response.status === 206) {
        if (Number(range?.[1]) !== this.#received) {
          throw new Refused("the server sends another part than was asked for");
        }
      } else if (response.status === 200) this.#skip = this.#received;
      const isOther = tag !== this.#tag || (response.status === 206 && Number(range?.[2]) !== this.#total);
      if (isOther) throw new Refused("the update on the server was exchanged while it was read: start again");
    } else {
      this.#tag = tag;
      const length = response.headers.get("content-length");
      this.#total = length === null ? undefined : Number(length);
      if ((this.#total ?? 0) > MAX_BYTES) {
        throw new Refused(`the server offers ${this.#total} bytes: that is no update`);
      }
    }
    this.#reader = response.body?.getReader();
    if (this.#reader === undefined) throw new Refused("the server sends nothing");
  }

  /** The answer that has the file, after redirections; never one that leads away from HTTPS. */
  async #request(): Promise<Response> {
    const headers = new Headers({ "accept-encoding": "identity" });
    if (this.#received > 0) {
      headers.set("range", `bytes=${this.#received}-`);
      if (this.#tag !== undefined) headers.set("if-range", this.#tag);
    }
    let url = this.#url;
    for (let count = 0; count <= MAX_REDIRECTIONS; count++) {
      const { signal } = this.#abort;
      const response = await this.#inTime(() =>
        fetch(url, { client: this.#client, headers, redirect: "manual", signal })
      );
      if (response.status === 200 || (response.status === 206 && this.#received > 0)) return response;
      await response.body?.cancel();
      // A server that is overloaded or just starts may be asked again.
      if (response.status >= 500) throw new Error(`the server answers ${response.status}`);
      const location = response.headers.get("location");
      if (response.status < 300 || response.status >= 400 || location === null || !URL.canParse(location, url)) {
        throw new Refused(`the server answers ${response.status}`);
      }
      url = new URL(location, url);
      if (url.protocol !== "https:") throw new Refused("the server leads away from https");
    }
    throw new Refused("the server redirects in circles");
  }

  async #inTime<T>(wait: () => Promise<T>): Promise<T> {
    const limitMs = this.#options.stallMs ?? STALL_MS;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`nothing came for ${limitMs / 1000} s`));
        this.#abort.abort();
      }, limitMs);
    });
    try {
      return await Promise.race([wait(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What the runtime says is "fetch failed"; why, is in the cause. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reason(error.cause)}`;
}
