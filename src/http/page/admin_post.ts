// What the form of the stats page asks for: read, judged, carried out, and answered as HAProxy does, with a redirection to the
// page that says what came of it.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import { formatEndpoint } from "../../base/ip.ts";
import type { ApiSource } from "../api/operation.ts";
import type { Snapshot } from "../../ports/snapshot.ts";
import { findHaproxyServer, planForHaproxyServer } from "../api/haproxy_operations.ts";
import {
  ask,
  findServer,
  type FoundServer,
  planForServer,
  type Planned,
  type Refused,
  type ServerWish,
} from "../api/write_operations.ts";
import { HAPROXY_FORM } from "./haproxy_view.ts";
import { callerOf } from "../caller.ts";
import { type ResultCode, TOKEN_FIELD, type Verb } from "./admin_form.tsx";

/** Longest form, bytes. */
export const MAX_FORM_BYTES = 64 << 10;
const MAX_SERVERS = 1000;
const MAX_REASON = 200;
const MAX_SECONDS = 366 * 86_400;

/**
 * Tokens of the form: a page of others may send the form with a visitor's credentials, but not know what stands in it. One
 * for each caller, until the role starts again.
 */
export class FormTokens {
  readonly #key = randomBytes(32);

  of(caller: string): string {
    return createHmac("sha256", this.#key).update(`form ${caller}`).digest("base64url");
  }

  isRight(caller: string, token: string): boolean {
    const given = createHmac("sha256", this.#key).update(`given ${token}`).digest();
    const wanted = createHmac("sha256", this.#key).update(`given ${this.of(caller)}`).digest();
    return timingSafeEqual(given, wanted);
  }
}

/** Carries the form out. Never throws. */
export async function carryOutForm(
  context: Context,
  text: string,
  { source, tokens }: { readonly source: ApiSource; readonly tokens: FormTokens },
): Promise<ResultCode> {
  const form = new URLSearchParams(text);
  const caller = callerOf(context);
  if (caller === undefined || !tokens.isRight(caller.name, form.get(TOKEN_FIELD) ?? "")) return "DENY";
  const wish = wishOf(form);
  const terms = termsOf(form);
  const endpoints = [...new Set(form.getAll("s"))];
  if (wish === undefined || terms === undefined || endpoints.length > MAX_SERVERS) return "ERRP";
  if (endpoints.length === 0) return "NONE";
  // What was taken away a moment ago counts as gone, whatever the picture says yet.
  const away = new Set<string>();
  let done = 0;
  let wasLast = false;
  for (const endpoint of endpoints) {
    const planned = planFor(source.snapshot(), { backend: form.get("b") ?? "", endpoint, away }, wish, terms);
    if (planned === undefined) continue;
    if ("detail" in planned) {
      wasLast = true;
      continue;
    }
    const answer = await ask(source.command, { credential: caller.credential, ifMatch: undefined }, planned.request);
    if ("detail" in answer) continue;
    done++;
    away.add(endpoint);
  }
  if (done === endpoints.length) return "DONE";
  return done > 0 ? "PART" : wasLast ? "LAST" : "NONE";
}

/** What is to be done with one of them; undefined: there is no such server. */
function planFor(
  snapshot: Snapshot,
  { backend, endpoint, away }: { backend: string; endpoint: string; away: ReadonlySet<string> },
  wish: ServerWish,
  terms: Parameters<typeof planForServer>[2],
): Planned | Refused | undefined {
  if (!backend.startsWith(HAPROXY_FORM)) {
    const found = findServer(snapshot, backend, endpoint);
    return found && planForServer(without(found, away), wish, terms);
  }
  const found = findHaproxyServer(snapshot, backend.slice(HAPROXY_FORM.length), endpoint);
  if (found === undefined || wish.command === "health" || wish.command === "check-now") return undefined;
  const servers = found.proxy.servers.map((row) => {
    return away.has(row.svname ?? "") && row !== found.row ? { ...row, weight: "0" } : row;
  });
  return planForHaproxyServer({ ...found, proxy: { ...found.proxy, servers } }, wish, terms);
}

function wishOf(form: URLSearchParams): ServerWish | undefined {
  switch (form.get("action") as Verb | null) {
    case "ready":
      return { command: "ready" };
    case "drain":
      return { command: "drain" };
    case "maint":
      return { command: "maint" };
    case "hrunn":
      return { command: "health", health: "up" };
    case "hdown":
      return { command: "health", health: "down" };
    case "ehlth":
      return { command: "health" };
    case "check":
      return { command: "check-now" };
    case "weight": {
      const text = form.get("w") ?? "";
      return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? { command: "weight", weight: Number(text) } : undefined;
    }
    default:
      return undefined;
  }
}

function termsOf(form: URLSearchParams): Parameters<typeof planForServer>[2] | undefined {
  const ttl = form.get("ttl") ?? "";
  if (!/^\d{0,8}$/.test(ttl) || Number(ttl) > MAX_SECONDS) return undefined;
  // deno-lint-ignore no-control-regex -- removing them is the point
  const reason = (form.get("reason") ?? "").replace(/[\x00-\x1f\x7f]+/g, " ").trim().slice(0, MAX_REASON);
  return {
    force: form.get("force") === "yes",
    ...(Number(ttl) > 0 && { ttlSeconds: Number(ttl) }),
    ...(reason !== "" && { reason }),
  };
}

/** The same with the servers that were taken away. */
function without({ virtual, real }: FoundServer, away: ReadonlySet<string>): FoundServer {
  const realServers = virtual.realServers.map((server) => {
    const isAway = away.has(formatEndpoint(server.address, server.port));
    return isAway && server !== real ? { ...server, weight: { ...server.weight, effective: 0 } } : server;
  });
  return { virtual: { ...virtual, realServers }, real };
}
