// What operators say of HAProxy's servers: carried out over its runtime socket. HAProxy keeps what was said, over reloads and
// restarts; whose word it is, why and until when is kept here, in its folder, for as long as HAProxy says the same.
import type { Override } from "../../core/health/presence.ts";
import {
  type HaproxyOrder,
  type HaproxyServerName,
  isHaproxyWeight,
  MAX_HAPROXY_WEIGHT,
  type OrderedServer,
  runtimeCommands,
} from "../../core/haproxy/server_order.ts";
import { rowOf, type StatTable } from "../../core/haproxy/stats_csv.ts";
import type { HaproxyOverride } from "../../ports/snapshot.ts";
import { cleanText, duration } from "../signature.ts";

/** What orders need of the keeper. */
export interface HaproxyServerOrdersOptions {
  /** Has it carried out between two reloads, and what it brought about read. @throws Error with why not */
  readonly command: (lines: readonly string[]) => Promise<void>;
  /** Undefined: HAProxy is not configured. */
  readonly statistics: () => StatTable | undefined;
  /** What HAProxy has; undefined: not known. */
  readonly ordered: () => readonly OrderedServer[] | undefined;
  /** Keeps a text in HAProxy's folder. */
  readonly keep: (text: string) => void;
  /** There is something new to show. */
  readonly changed: () => void;
  readonly log: (line: string) => void;
  /** For the journal. */
  readonly happened: (names: readonly string[], text: string) => void;
}

/** Who said it, why, and until when. */
type Signed = Pick<Override, "author" | "reason" | "atMs" | "untilMs">;

/** A request, as it comes in. */
interface Request {
  readonly command: string;
  readonly [field: string]: unknown;
}

/** Before a backend's name, where a virtual server may have the same. */
export const HAPROXY_PREFIX = "haproxy/";
const COMMANDS = new Set(["ready", "drain", "maint", "weight", "kill-connections"]);
/** When the end of an order is told again to a HAProxy that could not take it. */
const RETRY_MS = 2000;
/** A timer of the runtime cannot wait longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const MAX_SIGNATURES = 8192;

/** Use: `load()` when the folder is known, `obey()`, `stop()`. */
export class HaproxyServerOrders {
  readonly #options: HaproxyServerOrdersOptions;
  readonly #signatures = new Map<string, Signed>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: HaproxyServerOrdersOptions) {
    this.#options = options;
  }

  /** Takes over what an earlier Holdfast kept. What is no such text counts as nothing. */
  load(text: string | undefined): void {
    this.#signatures.clear();
    for (const [key, signed] of entriesOf(text)) this.#signatures.set(key, signed);
    this.#awaitEnd();
  }

  /** Everything that operators have said and that HAProxy has, by whatever way it was said. */
  get overrides(): HaproxyOverride[] {
    return (this.#options.ordered() ?? []).map(({ backend, server, ...said }) => {
      const signed = this.#signatures.get(keyOf({ backend, server })) ?? { author: "unknown", atMs: 0 };
      return { backend, server, override: { ...said, ...signed } };
    });
  }

  /** What holds of one server. */
  standing({ backend, server }: HaproxyServerName): Override | undefined {
    return this.overrides.find((one) => one.backend === backend && one.server === server)?.override;
  }

  /** Whether a request is about a server of HAProxy's. @param isVirtual whether a virtual server has that name */
  isMeant({ command, engine, virtualServer }: Request, isVirtual: (name: string) => boolean): boolean {
    if (!COMMANDS.has(command) || typeof virtualServer !== "string") return false;
    if (engine === "haproxy" || virtualServer.startsWith(HAPROXY_PREFIX)) return true;
    return !isVirtual(virtualServer) && this.#rows().some(({ pxname }) => pxname === virtualServer);
  }

  /** Carries a request out. @throws Error with one sentence for the operator */
  async obey(request: Request): Promise<string> {
    const order = orderOf(request);
    const name = this.find(request);
    const lines = runtimeCommands(name, order);
    if (lines === undefined) throw new Error(`this cannot be said to HAProxy: ${label(name)}`);
    const forMs = duration(request);
    await this.#options.command(lines);
    if (order.action !== "kill-connections") {
      if (this.standing(name) === undefined) this.#signatures.delete(keyOf(name));
      else this.#sign(name, request, forMs);
      this.#keep();
    }
    const text = sentence(order, name, forMs);
    const [author, reason] = [cleanText(request.author) ?? "unknown", cleanText(request.reason)];
    this.#happened(name, `${text} (${author}${reason === undefined ? "" : `: ${reason}`})`);
    return text;
  }

  /** The server that a request names: by HAProxy's name, or by its address. @throws Error */
  find({ virtualServer, realServer }: Request): HaproxyServerName {
    if (typeof virtualServer !== "string" || typeof realServer !== "string") {
      throw new Error("the request names no server");
    }
    const backend = virtualServer.startsWith(HAPROXY_PREFIX)
      ? virtualServer.slice(HAPROXY_PREFIX.length)
      : virtualServer;
    const rows = this.#rows();
    if (rows.length === 0) throw new Error("HAProxy has not said yet which servers it has");
    const own = rows.filter(({ pxname }) => pxname === backend);
    const [found, ...others] = own.filter(({ svname }) => svname === realServer);
    const byAddress = own.filter(({ addr }) => addr === realServer);
    const row = found ?? (byAddress.length === 1 ? byAddress[0] : undefined);
    if (row?.svname !== undefined && others.length === 0) return { backend, server: row.svname };
    if (own.length === 0) {
      const names = [...new Set(rows.map(({ pxname }) => `\`${pxname}\``))].slice(0, 8).join(", ");
      throw new Error(`there is no backend \`${backend}\` with servers in HAProxy; there is ${names}`);
    }
    const names = own.slice(0, 8).map(({ svname }) => `\`${svname}\``).join(", ");
    throw new Error(`there is no server \`${realServer}\` in HAProxy's backend ${backend}; there is ${names}`);
  }

  /** Ends: nothing is awaited any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #rows(): Record<string, string>[] {
    const table = this.#options.statistics();
    return table === undefined ? [] : table.rows.map((row) => rowOf(table, row)).filter(({ type }) => type === "2");
  }

  #sign(name: HaproxyServerName, request: Request, forMs: number | undefined): void {
    const reason = cleanText(request.reason);
    const nowMs = Date.now();
    this.#signatures.set(keyOf(name), {
      author: cleanText(request.author) ?? "unknown",
      atMs: nowMs,
      ...(reason === undefined ? {} : { reason }),
      ...(forMs === undefined ? {} : { untilMs: nowMs + forMs }),
    });
  }

  /** Whose word HAProxy has no more, somebody else has taken back. */
  #keep(): void {
    const ordered = this.#options.ordered();
    const known = new Set(ordered?.map(keyOf));
    for (const key of this.#signatures.keys()) {
      if (ordered !== undefined && !known.has(key)) this.#signatures.delete(key);
    }
    try {
      this.#options.keep(`${JSON.stringify([...this.#signatures])}\n`);
    } catch (error) {
      const why = error instanceof Error ? error.message : error;
      this.#options.log(`warning: who said what to HAProxy's servers is not kept: ${why}`);
    }
    this.#options.changed();
    this.#awaitEnd();
  }

  #awaitEnd(leastMs = 0): void {
    clearTimeout(this.#timer);
    const ends = [...this.#signatures.values()].flatMap(({ untilMs }) => untilMs === undefined ? [] : [untilMs]);
    if (ends.length === 0) return;
    const waitMs = Math.max(leastMs, Math.min(...ends) - Date.now());
    this.#timer = setTimeout(() => void this.#expire(), Math.min(waitMs, MAX_TIMER_MS));
  }

  async #expire(): Promise<void> {
    let leastMs = 0;
    for (const [key, signed] of [...this.#signatures]) {
      if ((signed.untilMs ?? Infinity) > Date.now()) continue;
      const [backend = "", server = ""] = key.split("/");
      if (this.#options.ordered() === undefined) {
        leastMs = RETRY_MS; // it has not said yet what it has
        continue;
      }
      try {
        if (this.standing({ backend, server }) !== undefined) {
          await this.#options.command(runtimeCommands({ backend, server }, { action: "ready" }) ?? []);
        }
      } catch {
        // It is away, or between two lives: it would come back as it was.
        if (this.standing({ backend, server }) !== undefined) {
          leastMs = RETRY_MS;
          continue;
        }
      }
      if (this.#signatures.get(key) !== signed) continue; // said again meanwhile
      this.#signatures.delete(key);
      const text = `${label({ backend, server })} is as configured again: the time is over`;
      this.#options.log(`operator: ${text}`);
      this.#options.happened([key], text);
    }
    this.#keep();
    if (leastMs > 0) this.#awaitEnd(leastMs);
  }

  #happened(name: HaproxyServerName, text: string): void {
    this.#options.log(`operator: ${text}`);
    this.#options.happened([keyOf(name), name.backend], text);
  }
}

function keyOf({ backend, server }: HaproxyServerName): string {
  return `${backend}/${server}`;
}

function label({ backend, server }: HaproxyServerName): string {
  return `${server} of HAProxy's ${backend}`;
}

/** @throws Error when a field is wrong */
function orderOf({ command, weight }: Request): HaproxyOrder {
  if (command === "weight") {
    if (weight !== undefined && !isHaproxyWeight(weight)) {
      throw new Error(`a weight of HAProxy's is 0 to ${MAX_HAPROXY_WEIGHT}, or a part such as 50%`);
    }
    return { action: command, weight };
  }
  if (command === "ready" || command === "drain" || command === "maint" || command === "kill-connections") {
    return { action: command };
  }
  throw new Error(`HAProxy's servers know no \`${command}\``);
}

function sentence(order: HaproxyOrder, name: HaproxyServerName, forMs: number | undefined): string {
  const until = forMs === undefined ? "until `ready`" : `until ${new Date(Date.now() + forMs).toISOString()}`;
  switch (order.action) {
    case "ready":
      return `${label(name)} is as its configuration and its checks say`;
    case "drain":
      return `${label(name)} gets no new connections but of clients with persistence, ${until}`;
    case "maint":
      return `${label(name)} is in maintenance, ${until}`;
    case "weight":
      return order.weight === undefined
        ? `${label(name)} has the weight of its configuration`
        : `${label(name)} has weight ${order.weight}, ${until}`;
    case "kill-connections":
      return `the sessions of ${label(name)} were ended`;
    default:
      return order satisfies never;
  }
}

/** What an earlier process wrote. */
function entriesOf(text: string | undefined): (readonly [string, Signed])[] {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_SIGNATURES).flatMap((entry: unknown) => {
    const [key, signed] = Array.isArray(entry) ? entry as [unknown, unknown] : [undefined, undefined];
    if (typeof key !== "string" || typeof signed !== "object" || signed === null) return [];
    const { author, reason, atMs, untilMs } = signed as Readonly<Record<string, unknown>>;
    const by = cleanText(author);
    if (by === undefined || typeof atMs !== "number") return [];
    const why = cleanText(reason);
    return [[key, {
      author: by,
      atMs,
      ...(why !== undefined && { reason: why }),
      ...(typeof untilMs === "number" && Number.isFinite(untilMs) && { untilMs }),
    }]];
  });
}
