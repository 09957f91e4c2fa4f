// HAProxy's statistics by proxy: what page, exports, API and metrics are made of. Every text in them may come from the network.
import { rowOf } from "../core/haproxy/stats_csv.ts";
import type { HaproxySnapshot } from "../ports/snapshot.ts";

/** One row, by HAProxy's names; what is empty is missing. */
export type HaproxyRow = Readonly<Record<string, string>>;

/** One `frontend`, `backend` or `listen`. */
export interface HaproxyProxy {
  readonly name: string;
  readonly mode: string;
  readonly frontend?: HaproxyRow;
  readonly listeners: readonly HaproxyRow[];
  readonly servers: readonly HaproxyRow[];
  readonly backend?: HaproxyRow;
}

/** HAProxy's `type` column. */
const TYPES = { frontend: "0", backend: "1", server: "2", listener: "3" } as const;

/** The proxies, in HAProxy's order. */
export function proxiesOf(haproxy: HaproxySnapshot | undefined): HaproxyProxy[] {
  const { statistics } = haproxy ?? {};
  if (statistics === undefined) return [];
  const rows = statistics.rows.map((fields) => rowOf(statistics, fields));
  return [...Map.groupBy(rows, ({ pxname = "" }) => pxname)].map(([name, own]) => {
    const of = (type: string): HaproxyRow[] => own.filter((row) => row.type === type);
    const [frontend] = of(TYPES.frontend);
    const [backend] = of(TYPES.backend);
    return {
      name,
      mode: frontend?.mode ?? backend?.mode ?? "",
      ...(frontend && { frontend }),
      listeners: of(TYPES.listener),
      servers: of(TYPES.server),
      ...(backend && { backend }),
    };
  });
}

/** Whether its numbers are of now: exports leave out what is not. */
export function isCurrent(haproxy: HaproxySnapshot | undefined): boolean {
  return haproxy?.state === "running" && haproxy.statistics !== undefined;
}

/** A number of a row; undefined when there is none. */
export function numberIn(row: HaproxyRow | undefined, name: string): number | undefined {
  const text = row?.[name];
  return text !== undefined && /^-?\d{1,18}(?:\.\d{1,6})?$/.test(text) ? Number(text) : undefined;
}

/** Whether a server's status says that it gets no traffic because its checks fail. */
export function isDown({ status = "" }: HaproxyRow): boolean {
  return status.startsWith("DOWN");
}

/** The statistics without the rows that are filtered out. */
export function filteredHaproxy(
  haproxy: HaproxySnapshot,
  keeps: (proxy: string, server: HaproxyRow | undefined) => boolean,
): HaproxySnapshot {
  const { statistics } = haproxy;
  if (statistics === undefined) return haproxy;
  const named = new Set<string>();
  const kept = statistics.rows.map((fields) => {
    const row = rowOf(statistics, fields);
    const { pxname = "" } = row;
    const isServer = row.type === TYPES.server;
    const isKept = keeps(pxname, isServer ? row : undefined);
    if (isKept && isServer) named.add(pxname);
    return { fields, pxname, isServer, isKept };
  });
  // What is around a server that is shown is shown, too.
  const rows = kept.filter(({ isKept, isServer, pxname }) => isKept || (!isServer && named.has(pxname)));
  return { ...haproxy, statistics: { ...statistics, rows: rows.map(({ fields }) => fields) } };
}
