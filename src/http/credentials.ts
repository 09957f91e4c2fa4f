// Who may come in: users with passwords, and tokens, of which only hashes are kept. Comparisons take the same time whether they
// fail early or late; guessing is slowed down; hashing cannot be made to occupy the process.
import { createHash, createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import type { HttpConfig, HttpRole } from "../config/http_config.ts";
import type { ClientCertificate } from "./caller.ts";
import type { AccessPolicy, Identification } from "./access.ts";
import type { ApiStatistics } from "./api_statistics.ts";

/** scrypt's cost: some 50 ms and 16 MiB. */
const SCRYPT = { N: 16_384, r: 8, p: 1 };
const HASH_BYTES = 32;
/** Passwords hashed at a time; the others wait, so many at most. */
const MAX_HASHING = 2;
const MAX_WAITING = 16;
/** Failures that one source may have at once, and how long one is held against it. */
const MAX_FAILURES = 10;
const FORGET_MS = 6000;
/** The same for a user, wherever the guesses come from. Who was let in before is not held off by those of others. */
const MAX_USER_FAILURES = 30;
/** Sources that are remembered. */
const MAX_SOURCES = 4096;
const MAX_CREDENTIAL = 1024;
/** Who guesses is told of at most this often. */
const LOG_MS = 10_000;

/** Makes what is written into the configuration for a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `scrypt:${salt.toString("base64url")}:${(await scryptOf(password, salt)).toString("base64url")}`;
}

/** A new token, and what is written into the configuration for it. */
export function newToken(): { token: string; sha256: string } {
  const token = `hf_${randomBytes(32).toString("base64url")}`;
  return { token, sha256: digest(token).toString("hex") };
}

/** What is needed to know callers. */
export interface CredentialsOptions {
  readonly config: Pick<HttpConfig, "users" | "tokens" | "certificates" | "realm">;
  /** Tokens beside those of the configuration: those there are now. */
  readonly tokens?: () => HttpConfig["tokens"];
  /** What those without credentials may do; undefined: nothing. */
  readonly anonymous: HttpRole | undefined;
  readonly statistics: Pick<ApiStatistics, "rateLimited" | "authFailure">;
  readonly wallMs: () => number;
  /** Told of sources that guess. */
  readonly log?: (line: string) => void;
  /** What the other end has shown in the handshake; default: nothing is asked for. */
  readonly certificateOf?: (context: Context) => ClientCertificate | undefined;
  /** The address of the other end. */
  readonly sourceOf: (context: Context) => string;
}

/** Somebody who is known. */
interface Known {
  readonly name: string;
  readonly role: HttpRole;
  /** Of a token. */
  readonly expiresAtMs?: number | undefined;
  readonly mayStay?: () => boolean;
}

/** A policy that knows users and tokens. */
export class Credentials implements AccessPolicy {
  readonly #options: CredentialsOptions;
  readonly #failures = new FailureLimit(MAX_FAILURES);
  readonly #guesses = new FailureLimit(MAX_USER_FAILURES);
  #loggedMs = -Infinity;
  readonly #hashing = new HashingLimit();
  /** Keys the memory of passwords that were right. */
  readonly #key = randomBytes(32);
  readonly #known = new Map<string, Buffer>();
  readonly #dummy = `scrypt:${randomBytes(16).toString("base64url")}:${randomBytes(HASH_BYTES).toString("base64url")}`;

  constructor(options: CredentialsOptions) {
    this.#options = options;
  }

  get realm(): string | undefined {
    return this.#options.config.users.length > 0 ? this.#options.config.realm : undefined;
  }

  async identify(context: Context): Promise<Identification> {
    const { anonymous, statistics, wallMs } = this.#options;
    const header = context.req.header("authorization");
    const certificate = this.#options.certificateOf?.(context);
    // Who says who he is, is that: his certificate has let him as far as here.
    if (header === undefined && certificate !== undefined) return this.#certified(certificate);
    if (header === undefined) {
      if (anonymous !== undefined) return { caller: { name: "anybody", role: anonymous } };
      return { refused: 401, detail: "credentials are needed here" };
    }
    const source = networkOf(this.#options.sourceOf(context));
    const waitSeconds = this.#failures.waitSeconds(source, wallMs());
    if (waitSeconds > 0) {
      statistics.rateLimited++;
      return { refused: 429, detail: "too many attempts, wait a moment", retryAfterSeconds: waitSeconds };
    }
    const kind = /^bearer /i.test(header) ? "bearer" : "basic";
    const found = await this.verify(header);
    if (found === "busy") {
      statistics.rateLimited++;
      return { refused: 429, detail: "too many passwords at a time", retryAfterSeconds: 1 };
    }
    if (found !== undefined) {
      const { expiresAtMs: _, ...known } = found;
      return { caller: { ...known, credential: { kind: "authorization", value: header } } };
    }
    this.#failed(source);
    statistics.authFailure(kind, "not-known");
    return { refused: 401, detail: "nobody is known by these credentials" };
  }

  #failed(source: string): void {
    const nowMs = this.#options.wallMs();
    this.#failures.failed(source, nowMs);
    if (this.#failures.waitSeconds(source, nowMs) === 0 || Math.abs(nowMs - this.#loggedMs) < LOG_MS) return;
    this.#loggedMs = nowMs;
    this.#options.log?.(`warning: api: ${source} sent ${MAX_FAILURES} wrong credentials, and has to wait`);
  }

  #certified({ name, expiresAtMs }: ClientCertificate): Identification {
    const { config, statistics, wallMs } = this.#options;
    const known = config.certificates.find((entry) => entry.name === name);
    const mayStay = (): boolean => wallMs() < expiresAtMs;
    if (known === undefined || !mayStay()) {
      statistics.authFailure("certificate", "not-known");
      return { refused: 401, detail: "nobody is known by this certificate" };
    }
    const credential = { kind: "certificate", name: known.name } as const;
    return { caller: { name: `certificate ${known.name}`, role: known.role, credential, mayStay } };
  }

  /** Whose credentials these are, by a header `Authorization`; undefined: nobody's. Limits no attempts. */
  async verify(header: string): Promise<Known | "busy" | undefined> {
    const [scheme = "", value = ""] = header.slice(0, MAX_CREDENTIAL).split(" ", 2);
    return scheme.toLowerCase() === "bearer" ? this.#token(value) : await this.#user(scheme, value);
  }

  #token(token: string): Known | undefined {
    const given = digest(token);
    let found: HttpConfig["tokens"][number] | undefined;
    // All of them, so that the time does not tell how far it came.
    for (const entry of this.#tokens) {
      if (timingSafeEqual(given, Buffer.from(entry.sha256, "hex"))) found = entry;
    }
    const known = found;
    const mayStay = (): boolean =>
      known !== undefined && (known.expiresAtMs ?? Infinity) > this.#options.wallMs() &&
      this.#tokens.some(({ sha256 }) => sha256 === known.sha256);
    if (known === undefined || !mayStay()) return undefined;
    return { name: `token ${known.name}`, role: known.role, expiresAtMs: known.expiresAtMs, mayStay };
  }

  get #tokens(): HttpConfig["tokens"] {
    const { config, tokens } = this.#options;
    return tokens === undefined ? config.tokens : [...config.tokens, ...tokens()];
  }

  async #user(scheme: string, value: string): Promise<Known | "busy" | undefined> {
    const text = Buffer.from(value, "base64").toString("utf8");
    const at = text.indexOf(":");
    if (scheme.toLowerCase() !== "basic" || at < 0) return undefined;
    const [name, password] = [text.slice(0, at), text.slice(at + 1)];
    const user = this.#options.config.users.find((entry) => entry.name === name);
    const memory = createHmac("sha256", this.#key).update(`${name}\n${password}`).digest();
    const known = this.#known.get(name);
    if (user !== undefined && known !== undefined && timingSafeEqual(known, memory)) return { name, role: user.role };
    const nowMs = this.#options.wallMs();
    if (this.#guesses.waitSeconds(name, nowMs) > 0) return "busy";
    // An unknown user costs as much as a known one.
    const isRight = await this.#hashing.run(() => matches(password, user?.password ?? this.#dummy));
    if (isRight === "busy") return "busy";
    if (!isRight || user === undefined) {
      this.#guesses.failed(name, nowMs);
      return undefined;
    }
    this.#known.set(name, memory);
    return { name, role: user.role };
  }
}

/** Compares a password with what the configuration has: a hash, or the password itself. */
async function matches(password: string, stored: string): Promise<boolean> {
  const [scheme, salt = "", hash = ""] = stored.split(":");
  const given = await scryptOf(password, Buffer.from(salt, "base64url"));
  if (scheme !== "scrypt") return timingSafeEqual(digest(password), digest(stored));
  const wanted = Buffer.from(hash, "base64url");
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

function scryptOf(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, SCRYPT, (error, key) => error ? reject(error) : resolve(key));
  });
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** What counts as one source: an IPv4 address, a /64 of IPv6. */
function networkOf(address: string): string {
  return address.includes(":") ? address.split(":").slice(0, 4).join(":") : address;
}

/** Remembers failures of sources, or of users, for a while. */
class FailureLimit {
  readonly #sources = new Map<string, { failures: number; atMs: number }>();
  readonly #limit: number;

  /** @param limit that one may have at once */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How long a source has to wait, seconds; 0: not at all. */
  waitSeconds(source: string, nowMs: number): number {
    const entry = this.#sources.get(source);
    if (entry === undefined) return 0;
    const failures = remaining(entry, nowMs);
    return failures < this.#limit ? 0 : Math.ceil((failures - this.#limit + 1) * FORGET_MS / 1000);
  }

  failed(source: string, nowMs: number): void {
    const before = this.#sources.get(source);
    this.#sources.delete(source); // the newest last
    this.#sources.set(source, { failures: (before === undefined ? 0 : remaining(before, nowMs)) + 1, atMs: nowMs });
    if (this.#sources.size <= MAX_SOURCES) return;
    const oldest = this.#sources.keys().next().value;
    if (oldest !== undefined) this.#sources.delete(oldest);
  }
}

function remaining({ failures, atMs }: { failures: number; atMs: number }, nowMs: number): number {
  return Math.max(0, failures - Math.max(0, nowMs - atMs) / FORGET_MS);
}

/** Lets few passwords be hashed at a time. */
class HashingLimit {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  async run<Value>(body: () => Promise<Value>): Promise<Value | "busy"> {
    if (this.#running >= MAX_HASHING) {
      if (this.#waiting.length >= MAX_WAITING) return "busy";
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await body();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
