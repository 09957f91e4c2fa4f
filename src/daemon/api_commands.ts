// Carries out what the api role asks for, after looking at everything itself: who asks, whether he may, and whether what he has
// seen still holds. One command at a time, so that nothing comes between a condition and what it is for.
import { Credentials } from "../http/credentials.ts";
import { tagOf } from "../http/etag.ts";
import type { Config } from "../config/config.ts";
import type { HttpRole } from "../config/http_config.ts";
import type { CommandAnswer, CommandRequest, Credential } from "../ports/commands.ts";
import { type ApiCommand, roleFor } from "./api_request.ts";
import type { Audit } from "./audit.ts";
import { type ConfigChanges, Refusal } from "./config_changes.ts";
import { etagOf } from "./running_config.ts";
import type { Tokens } from "./tokens.ts";

/** What it needs of the supervisor. */
export interface ApiCommandsOptions {
  readonly config: () => Config;
  readonly audit: Audit;
  readonly changes: ConfigChanges;
  readonly tokens: Pick<Tokens, "all" | "obey">;
  /** Carries an operation out. @throws Error with one sentence */
  readonly obey: (request: CommandRequest) => Promise<unknown>;
  /** Begins what is to be done with the slots of the appliance. @throws Refusal */
  readonly update: (request: CommandRequest, author: string) => Promise<unknown>;
  /** What operators have said of that which a request is about. */
  readonly standing: (request: CommandRequest) => object | undefined;
  /** Tells the api role. */
  readonly answer: (id: number, answer: CommandAnswer) => void;
}

/** Commands that wait, beside the one that is carried out. */
const MAX_WAITING = 16;
const ROLES: readonly HttpRole[] = ["reader", "operator", "admin"];

interface Caller {
  readonly name: string;
  readonly role: HttpRole;
  readonly expiresAtMs?: number | undefined;
}

/** Where there is no `api` in the configuration. */
const NOBODY: NonNullable<Config["http"]> = {
  listen: [],
  hosts: [],
  users: [],
  tokens: [],
  certificates: [],
  anonymous: true,
  realm: "",
};

/** Use: `hear()` for each command. */
export class ApiCommands {
  readonly #options: ApiCommandsOptions;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();
  #credentials: { readonly http: Config["http"]; readonly known: Credentials } | undefined;

  constructor(options: ApiCommandsOptions) {
    this.#options = options;
  }

  /** Answers in any case. */
  hear({ id, by, request }: ApiCommand): void {
    const { answer } = this.#options;
    if (this.#waiting > MAX_WAITING) {
      return answer(id, { ok: false, status: 503, message: "too many commands at a time" });
    }
    this.#waiting++;
    this.#last = this.#last.then(() => this.#answerTo(by, request)).then((said) => {
      this.#waiting--;
      answer(id, said);
    });
  }

  async #answerTo(by: Credential, request: CommandRequest): Promise<CommandAnswer> {
    let actor = "somebody";
    try {
      const caller = await this.#callerOf(by);
      actor = caller.name;
      const needed = roleFor(request.command);
      if (needed === undefined || ROLES.indexOf(caller.role) < ROLES.indexOf(needed)) {
        throw new Refusal(403, `this needs the role ${needed ?? "of somebody else"}`);
      }
      this.#checkCondition(request);
      const result = await this.#carryOut(caller, request);
      // A difference changes nothing and is nobody's deed.
      if (request.command !== "config-diff") this.#note(actor, request, "done", textOf(result));
      return { ok: true, result };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // What comes after the first line is from a configuration, and may be a secret.
      this.#note(actor, request, "refused", message.split("\n", 1)[0] ?? "");
      return { ok: false, status: error instanceof Refusal ? error.status : 409, message };
    }
  }

  /** @throws Refusal */
  async #callerOf(by: Credential): Promise<Caller> {
    const { config, tokens } = this.#options;
    const { http } = config();
    if (by.kind === "local") {
      // Whoever could open the socket is root; without a socket nobody can have come by it.
      if (http?.socket !== undefined) return { name: "local administrator", role: "admin" };
      throw new Refusal(401, "there is no local socket");
    }
    if (by.kind === "certificate") {
      // The role has verified it; here it is looked at whether anybody can have come in that way, and what he may.
      const isAsked = http?.listen.some(({ tls }) => tls?.clientCa !== undefined);
      const known = http?.certificates.find(({ name }) => isAsked && name === by.name);
      if (known === undefined) throw new Refusal(401, "nobody is known by this certificate");
      return { name: `certificate ${known.name}`, role: known.role };
    }
    if (this.#credentials === undefined || this.#credentials.http !== http) {
      this.#credentials = { http, known: credentialsOf(http ?? NOBODY, () => tokens.all) };
    }
    const caller = await this.#credentials.known.verify(by.value);
    if (caller === "busy") throw new Refusal(429, "too many passwords at a time");
    if (caller === undefined) throw new Refusal(401, "nobody is known by these credentials");
    return caller;
  }

  /** @throws Refusal when what the caller has seen holds no more */
  #checkCondition(request: CommandRequest): void {
    const tags = request.ifMatch as readonly string[] | undefined;
    if (tags === undefined || tags.includes("*")) return;
    const isConfig = request.command.startsWith("config-") || request.command === "reload";
    const current = isConfig ? etagOf(this.#options.config()) : tagOf(this.#options.standing(request));
    if (tags.includes(current)) return;
    throw new Refusal(
      412,
      isConfig ? "another configuration runs by now" : "an operator has said something else by now",
    );
  }

  async #carryOut(caller: Caller, { ifMatch: _, ...request }: CommandRequest): Promise<unknown> {
    const { changes, obey, standing, tokens, update } = this.#options;
    const { name: author } = caller;
    switch (request.command) {
      case "config-diff":
        return changes.difference(String(request.text));
      case "config-apply": {
        const { text, comment, confirmMs, save } = request;
        return await changes.apply({
          text: String(text),
          actor: author,
          ...(typeof comment === "string" && { comment }),
          ...(typeof confirmMs === "number" && { confirmMs }),
          ...(typeof save === "boolean" && { save }),
        });
      }
      case "config-confirm":
        return changes.confirm();
      case "config-rollback":
        return await changes.rollback(author, typeof request.to === "number" ? request.to : undefined);
      case "token-create":
      case "token-revoke":
        return tokens.obey(request, caller);
      case "update":
      case "update-rollback":
      case "update-confirm":
      case "update-cancel":
        return await update(request, author);
      case "reload":
        return await obey(request);
      case "maintenance":
      case "end-maintenance":
      case "everywhere":
      case "clear-overrides":
        return { ...await obey({ ...request, author }) as object, etag: tagOf(standing(request)) };
      default:
        return { text: await obey({ ...request, author }), etag: tagOf(standing(request)) };
    }
  }

  #note(actor: string, request: CommandRequest, outcome: "done" | "refused", text: string): void {
    const { command, name, address, virtualServer, realServer, reason } = request;
    const target = typeof name === "string"
      ? name
      : typeof address === "string"
      ? address
      : typeof realServer === "string"
      ? `${realServer} of ${virtualServer}`
      : typeof virtualServer === "string"
      ? virtualServer
      : undefined;
    this.#options.audit.record({
      actor,
      via: "api",
      action: command,
      ...(target === undefined ? {} : { target }),
      ...(typeof reason === "string" && reason !== "" && { reason }),
      outcome,
      text,
    });
  }
}

function credentialsOf(http: NonNullable<Config["http"]>, tokens: () => Tokens["all"]): Credentials {
  return new Credentials({
    config: http,
    tokens,
    anonymous: undefined,
    statistics: { rateLimited: 0, authFailure: () => {} }, // the role counts
    wallMs: () => Date.now(),
    sourceOf: () => "api",
  });
}

/** For the audit; of what has a secret in it, the sentence only. */
export function textOf(result: unknown): string {
  if (typeof result === "string") return result;
  const { text, problem } = (result ?? {}) as { text?: unknown; problem?: unknown };
  return typeof text === "string" ? text : typeof problem === "string" ? problem : "done";
}
