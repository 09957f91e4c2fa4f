// Keys in etcd that one host holds at a time, each bound to a lease: etcd's own JSON gateway (v3, etcd 3.4 and later). What comes
// back is bounded, and is checked before it is used.
import { readForQuestion, textWithin } from "./bounded_answer.ts";

/** How etcd is reached. */
export interface EtcdSettings {
  /** `https://192.0.2.1:2379`; they are tried in turn. */
  readonly urls: readonly string[];
  /** Files: certificates that etcd's must come from; ours with its key; all in PEM. */
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** With the file of its password. */
  readonly user?: string;
  readonly passwordFile?: string;
  /** How long a key is kept for a host that is silent, seconds. */
  readonly ttlSeconds: number;
}

/** No answer of the requests here is longer. */
const MAX_BYTES = 1 << 20;

/** Something that etcd answered, not looked at yet. */
type Answer = Readonly<Record<string, unknown>>;

/** One key, held or not. Calls come one at a time. */
export class EtcdKey {
  readonly #settings: EtcdSettings;
  readonly #key: string;
  readonly #holder: string;
  #lease: string | undefined;
  #token: string | undefined;

  /** @param holder our name, as the key's value */
  constructor(settings: EtcdSettings, key: string, holder: string) {
    this.#settings = settings;
    this.#key = toBase64(key);
    this.#holder = holder;
  }

  /** Takes the key if nobody has it, and keeps it. @returns who has it now @throws Error with the reason */
  async hold(signal: AbortSignal): Promise<string | undefined> {
    if (this.#lease !== undefined && !await this.#renew(this.#lease, signal)) this.#lease = undefined;
    this.#lease ??= String((await this.#call("lease/grant", { TTL: this.#settings.ttlSeconds }, signal)).ID);
    const put = { key: this.#key, value: toBase64(this.#holder), lease: this.#lease };
    const answer = await this.#call("kv/txn", {
      compare: [{ key: this.#key, target: "CREATE", result: "EQUAL", create_revision: "0" }],
      success: [{ requestPut: put }],
      failure: [{ requestRange: { key: this.#key } }],
    }, signal);
    if (answer.succeeded === true) return this.#holder;
    const found = entryOf(list(answer.responses)[0]?.response_range);
    // A key that bears our name with another lease is from before our start: it is ours to take over.
    if (found.value !== this.#holder || found.lease === this.#lease) return found.value;
    await this.#call("kv/put", put, signal);
    return this.#holder;
  }

  /** Gives the key up if we have it. @returns who has it now @throws Error with the reason */
  async leave(signal: AbortSignal): Promise<string | undefined> {
    if (this.#lease !== undefined) {
      await this.#call("lease/revoke", { ID: this.#lease }, signal);
      this.#lease = undefined;
    }
    const { value } = entryOf(await this.#call("kv/range", { key: this.#key }, signal));
    return value;
  }

  async #renew(lease: string, signal: AbortSignal): Promise<boolean> {
    const { result } = await this.#call("lease/keepalive", { ID: lease }, signal);
    return Number(object(result).TTL ?? 0) > 0;
  }

  /** @throws Error when no member answers */
  async #call(path: string, body: unknown, signal: AbortSignal): Promise<Answer> {
    let problem: unknown;
    for (const url of this.#settings.urls) {
      try {
        return await this.#ask(`${url}/v3/${path}`, body, signal);
      } catch (error) {
        problem = error;
        if (signal.aborted) break;
      }
    }
    throw problem;
  }

  async #ask(url: string, body: unknown, signal: AbortSignal): Promise<Answer> {
    const { user, passwordFile, ca, certificate, key } = this.#settings;
    const client = Deno.createHttpClient({
      poolMaxIdlePerHost: 0,
      ...(ca !== undefined && { caCerts: [readForQuestion(ca)] }),
      ...(certificate !== undefined && key !== undefined &&
        { cert: readForQuestion(certificate), key: readForQuestion(key) }),
    });
    try {
      const post = async (address: string, content: unknown): Promise<Answer> => {
        const headers = { "content-type": "application/json", ...(this.#token && { authorization: this.#token }) };
        const options = { client, method: "POST", headers, redirect: "error", signal } as const;
        return await answerOf(await fetch(address, { ...options, body: JSON.stringify(content) }));
      };
      if (user !== undefined && this.#token === undefined) {
        const password = passwordFile === undefined ? "" : readForQuestion(passwordFile).split("\n", 1)[0];
        const { token } = await post(new URL("/v3/auth/authenticate", url).href, { name: user, password });
        this.#token = String(token);
      }
      return await post(url, body);
    } catch (error) {
      this.#token = undefined; // it may have ended: the next question logs in again
      throw error;
    } finally {
      client.close();
    }
  }
}

/** The only entry of an answer to a range. */
function entryOf(range: unknown): { readonly value?: string; readonly lease?: string } {
  const [entry] = list(object(range).kvs);
  if (entry === undefined) return {};
  return {
    value: fromBase64(String(entry.value ?? "")),
    ...(entry.lease !== undefined && { lease: String(entry.lease) }),
  };
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function fromBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
}

function object(value: unknown): Answer {
  return typeof value === "object" && value !== null ? value as Answer : {};
}

function list(value: unknown): readonly Answer[] {
  return Array.isArray(value) ? value.map(object) : [];
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await textWithin(response, MAX_BYTES);
  if (response.status !== 200) {
    let message = "";
    try {
      message = `: ${String(object(JSON.parse(text)).message ?? "").slice(0, 100)}`;
    } catch {
      // no JSON: the status has to do
    }
    throw new Error(`answers with HTTP status ${response.status}${message}`);
  }
  const answer: unknown = JSON.parse(text);
  return object(answer);
}
