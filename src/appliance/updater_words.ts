// What the supervisor and the updater say to each other: lines of JSON. The updater is a process of its own, with the rights that
// writing a slot needs and the daemon has not; it is asked for three things, and for nothing else.

/** What an update may do to the traffic. */
export interface UpdateTerms {
  /** Hand the addresses over to a peer before. */
  readonly failoverFirst: boolean;
  /** Even if no peer has been heard. */
  readonly force: boolean;
  /** Although this machine is master, and stays it. */
  readonly whileMaster: boolean;
  /** Start the other slot afterwards. */
  readonly reboot: boolean;
}

/** The first line; for an `upload` the update's bytes follow it. */
export type UpdaterOrder =
  & { readonly author: string }
  & (
    | UpdateTerms & { readonly order: "update"; readonly url?: string }
    | UpdateTerms & { readonly order: "rollback" }
    | { readonly order: "confirm" }
  );

/** What may follow the order of an update from a web server: it is given up. The bytes of an upload just end. */
export const CANCEL = "cancel";

/** What the updater answers, a line each; `done` or `failed` is the last one. */
export type UpdaterReport =
  | { readonly type: "say"; readonly text: string }
  /** Its signature is good. */
  | { readonly type: "opened"; readonly version: string; readonly key: string; readonly slot: "a" | "b" }
  | { readonly type: "progress"; readonly bytes: number; readonly totalBytes: number }
  | { readonly type: "done" | "failed"; readonly text: string };

/** Where systemd starts an updater for each connection. */
export const UPDATER_SOCKET = "/run/holdfast/updater.sock";
/** Longest line of either. */
export const MAX_WORDS_BYTES = 8192;
const MAX_URL = 2048;
const MAX_TEXT = 1000;
const TERMS = ["failoverFirst", "force", "whileMaster", "reboot"] as const;

/** An order that has the form of one. */
export function acceptOrder(line: string): UpdaterOrder | undefined {
  const fields = record(line);
  if (fields === undefined || typeof fields.author !== "string" || fields.author.length > MAX_TEXT) return undefined;
  const { author, order, url } = fields;
  if (order === "confirm") return { order, author };
  const terms = TERMS.map((name) => [name, fields[name]] as const);
  if ((order !== "update" && order !== "rollback") || !terms.every(([, value]) => typeof value === "boolean")) {
    return undefined;
  }
  const accepted = Object.fromEntries(terms) as unknown as UpdateTerms;
  if (order === "rollback") return { order, author, ...accepted };
  if (url === undefined) return { order, author, ...accepted };
  return isUpdateUrl(url) ? { order, author, ...accepted, url } : undefined;
}

/** Whether updates are read from there: over https only, and without a password that a log could show. */
export function isUpdateUrl(url: unknown): url is string {
  if (typeof url !== "string" || url.length > MAX_URL || !URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return protocol === "https:" && username === "" && password === "";
}

/** A report that has the form of one. */
export function acceptReport(line: string): UpdaterReport | undefined {
  const fields = record(line);
  if (fields === undefined) return undefined;
  const { type, text, version, key, slot, bytes, totalBytes } = fields;
  const isText = typeof text === "string";
  if ((type === "say" || type === "done" || type === "failed") && isText) return { type, text: clean(text) };
  if (type === "opened" && typeof version === "string" && typeof key === "string" && (slot === "a" || slot === "b")) {
    return { type, version: clean(version), key: clean(key), slot };
  }
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
  return type === "progress" && isCount(bytes) && isCount(totalBytes) ? { type, bytes, totalBytes } : undefined;
}

function record(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

function clean(text: string): string {
  // deno-lint-ignore no-control-regex -- taking them out is the point
  return text.slice(0, MAX_TEXT).replace(/[\x00-\x1f\x7f]/g, " ");
}
