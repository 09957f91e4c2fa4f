// The tokens that are made and revoked while the daemon runs. A token is told once, to who had it made; only its hash is kept.
import type { HttpConfig } from "../config/http_config.ts";
import { newToken } from "../http/credentials.ts";
import type { CommandRequest, StoredToken } from "../ports/commands.ts";
import { Refusal } from "./config_changes.ts";
import { cleanText, duration } from "./signature.ts";
import { readTokens, shownTokens, TOKEN_NAME, writeTokens } from "./token_file.ts";

/** What they need. */
export interface TokensOptions {
  /** Where they are kept; undefined: there is no place for any. */
  readonly path: string | undefined;
  readonly log: (line: string) => void;
  readonly wallMs: () => number;
  /** Those of the configuration, whose names are taken. */
  readonly configured: () => HttpConfig["tokens"];
  /** There are others than before. */
  readonly changed: () => void;
}

/** Who has a token made or revoked. */
export interface TokenMaker {
  readonly name: string;
  /** What he makes must not outlive him. */
  readonly expiresAtMs?: number | undefined;
}

/** A token, this once. */
export interface MadeToken {
  readonly text: string;
  readonly token: string;
  readonly name: string;
  readonly role: StoredToken["role"];
  readonly expiresAtMs?: number;
}

const MAX_TOKENS = 256;
const ROLES: readonly StoredToken["role"][] = ["reader", "operator", "admin"];

/** Use: `obey()` for each command; `all` for those who let people in. */
export class Tokens {
  readonly #options: TokensOptions;
  #all: readonly StoredToken[] = [];
  /** Why the file is not to be written over. */
  #problem: string | undefined;

  constructor(options: TokensOptions) {
    this.#options = options;
    const { path, log } = options;
    if (path === undefined) return;
    try {
      this.#all = readTokens(path);
    } catch (error) {
      this.#problem = `${path} cannot be read: ${error instanceof Error ? error.message : error}`;
      log(`warning: api: ${this.#problem}; its tokens are not believed`);
    }
  }

  /** In the order in which they were made. */
  get all(): readonly StoredToken[] {
    return this.#all;
  }

  /** Carries out `token-create`, `token-revoke`, `token-list`. @returns undefined when it is none of them @throws Error */
  obey(request: CommandRequest, maker: TokenMaker): unknown {
    switch (request.command) {
      case "token-list":
        return shownTokens(this.#options.configured(), this.#all);
      case "token-create":
        return this.#create(request, maker);
      case "token-revoke":
        return this.#revoke(request, maker);
      default:
        return undefined;
    }
  }

  #create(request: CommandRequest, maker: TokenMaker): MadeToken {
    const { wallMs, configured } = this.#options;
    const name = nameOf(request);
    const role = ROLES.find((known) => known === request.role);
    if (role === undefined) throw new Refusal(422, `a role is one of ${ROLES.join(", ")}`);
    const nowMs = wallMs();
    const kept = this.#all.filter(({ expiresAtMs = Infinity }) => expiresAtMs > nowMs);
    if ([...kept, ...configured()].some((token) => token.name === name)) {
      throw new Refusal(409, `there is a token ${name} already`);
    }
    if (kept.length >= MAX_TOKENS) throw new Refusal(409, `there are ${MAX_TOKENS} tokens already`);
    const forMs = duration(request);
    const expiresAtMs = forMs === undefined ? undefined : Math.round(nowMs + forMs);
    if ((expiresAtMs ?? Infinity) > (maker.expiresAtMs ?? Infinity)) {
      throw new Refusal(403, "a token that expires can make none that lasts longer");
    }
    const { token, sha256 } = newToken();
    const common = { name, role, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
    this.#keep([...kept, { ...common, sha256, createdAtMs: Math.round(nowMs), createdBy: maker.name }]);
    const until = expiresAtMs === undefined ? "until it is revoked" : `until ${new Date(expiresAtMs).toISOString()}`;
    const text = `the token ${name} is ${role} ${until}`;
    this.#options.log(`api: ${text} (${maker.name})`);
    return { ...common, token, text };
  }

  #revoke(request: CommandRequest, maker: TokenMaker): { text: string } {
    const name = nameOf(request);
    const kept = this.#all.filter((token) => token.name !== name);
    if (kept.length === this.#all.length) {
      if (this.#options.configured().some((token) => token.name === name)) {
        throw new Refusal(409, `the token ${name} is in the configuration: take it out there`);
      }
      throw new Refusal(404, `there is no token ${name}`);
    }
    this.#keep(kept);
    const text = `the token ${name} is revoked`;
    this.#options.log(`api: ${text} (${maker.name})`);
    return { text };
  }

  /** On the disk first: what is not there would come back, or be gone, with the next start. */
  #keep(tokens: readonly StoredToken[]): void {
    const { path, changed } = this.#options;
    if (path === undefined) throw new Refusal(409, "there is no place to keep tokens: `holdfast run --tokens FILE`");
    if (this.#problem !== undefined) throw new Refusal(409, this.#problem);
    try {
      writeTokens(path, tokens);
    } catch (error) {
      throw new Refusal(409, `${path} cannot be written: ${error instanceof Error ? error.message : error}`);
    }
    this.#all = tokens;
    changed();
  }
}

function nameOf(request: CommandRequest): string {
  const name = cleanText(request.name) ?? "";
  if (!TOKEN_NAME.test(name)) {
    throw new Refusal(422, "a token's name has up to 64 letters, digits, dots, dashes and underscores");
  }
  return name;
}
