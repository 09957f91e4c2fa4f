// The section that Holdfast adds to the user's haproxy.cfg: a socket to watch HAProxy by, and the file from which servers come
// back as they were. A second file, so that the lines of the user's keep their numbers.

/** What it depends on. */
export interface InternalSectionOptions {
  /** Folder of sockets and state; nobody else may enter it. */
  readonly folder: string;
  /** Keywords of the user's `global` sections. */
  readonly globals: ReadonlySet<string>;
  /** Who serves requests when the user names nobody; undefined: there is no such account. */
  readonly account?: string;
}

/** Names in the folder. */
export const FILES = {
  user: "haproxy.cfg",
  internal: "holdfast.cfg",
  states: "servers.state",
  stats: "stats.sock",
  master: "master.sock",
  process: "process",
  signatures: "orders.json",
} as const;

/** The text. HAProxy binds as root, and gives root up only when it is told an account: a worker must not stay root. */
export function internalSection({ folder, globals, account }: InternalSectionOptions): string {
  const has = (...names: string[]): boolean => names.some((name) => globals.has(name));
  return [
    "# Made by Holdfast; changes are lost.",
    "global",
    `    stats socket ${folder}/${FILES.stats} mode 600 level admin`,
    `    server-state-file ${folder}/${FILES.states}`,
    ...(account === undefined || has("user", "uid") ? [] : [`    user ${account}`]),
    ...(account === undefined || has("group", "gid") ? [] : [`    group ${account}`]),
    "",
  ].join("\n");
}
