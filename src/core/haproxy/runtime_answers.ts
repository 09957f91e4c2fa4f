// Answers of HAProxy's sockets other than the statistics: `show info` of a worker, `show proc` of the master, `show servers
// state`. Read by name and by shape; what is strange is missing, never thrown.
import {
  ADDRESS_COLUMN,
  ADMIN_COLUMN,
  COLUMNS,
  CONFIGURED_MAINTENANCE,
  CONFIGURED_WEIGHT_COLUMN,
  FORCED_DRAIN,
  FORCED_MAINTENANCE,
  NAME_COLUMN,
  WEIGHT_COLUMN,
} from "./state_columns.ts";

/** A worker, as it describes itself. */
export interface WorkerInfo {
  readonly pid: number;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly currentConnections: number;
}

/** Reads `show info`. */
export function parseInfo(text: string): WorkerInfo | undefined {
  const value = (name: string): string | undefined =>
    text.match(new RegExp(`^${name}: ([^\\r\\n]{0,200})`, "m"))?.[1]?.trim();
  const pid = numberOf(value("Pid"));
  if (pid === undefined || pid < 1) return undefined;
  return {
    pid,
    version: (value("Version") ?? "").replace(/[^\w.+~:-]/g, "").slice(0, 64),
    uptimeSeconds: numberOf(value("Uptime_sec")) ?? 0,
    currentConnections: numberOf(value("CurrConns")) ?? 0,
  };
}

/** The processes of one HAProxy, as its master knows them. */
export interface ProcessList {
  readonly master: number;
  /** Reloads that came to nothing since one succeeded. */
  readonly failedReloads: number;
  readonly workers: readonly number[];
  /** Those of earlier configurations, which still have connections. */
  readonly oldWorkers: readonly number[];
}

/** More are not counted. */
const MAX_WORKERS = 1024;

/** Reads `show proc`. */
export function parseProcesses(text: string): ProcessList | undefined {
  const workers: number[] = [];
  const oldWorkers: number[] = [];
  let master: number | undefined;
  let failedReloads = 0;
  let isOld = false;
  for (const line of text.split("\n", 2 * MAX_WORKERS)) {
    if (line.startsWith("# old workers")) isOld = true;
    else if (line.startsWith("#")) isOld = false;
    const found = line.match(/^(\d{1,10})\s+(?:\[was: \S*\]\s+)?(master|worker)\s+(.*)$/);
    if (found === null) continue;
    const [, pid, kind, rest = ""] = found;
    if (kind === "master") {
      master = Number(pid);
      failedReloads = numberOf(rest.match(/\[failed: (\d{1,9})\]/)?.[1]) ?? 0;
    } else (isOld ? oldWorkers : workers).push(Number(pid));
  }
  return master === undefined ? undefined : { master, failedReloads, workers, oldWorkers };
}

/** What a file of servers' states begins with when there is none yet. */
export const EMPTY_STATES = "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight " +
  "srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state " +
  "srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr " +
  "srv_agent_addr srv_agent_port\n";

/**
 * Makes the file that the next worker begins with. A server with a name gets its address from the name again: who changed
 * the name's address and reloads wants the new one.
 *
 * @param scope `all` for a worker that takes over; `ordered` for one that begins anew: only what an operator said, for what
 *   the checks said may be long ago
 * @returns undefined when it is none of version 1
 */
export function statesToKeep(text: string, scope: "all" | "ordered"): string | undefined {
  const [version, header, ...rows] = text.split("\n");
  if (version !== "1" || header?.startsWith("# be_id be_name srv_id srv_name") !== true) return undefined;
  const kept = rows.flatMap((row) => {
    const fields = row.trim().split(" ");
    if (fields.length < COLUMNS || (scope === "ordered" && !isOrdered(fields))) return [];
    if (fields[NAME_COLUMN] !== "-") fields[ADDRESS_COLUMN] = "-";
    return [fields.join(" ")];
  });
  return [version, header, ...kept, ""].join("\n");
}

/** What operators said in such a file, without times and the results of checks: it changes when they say something else. */
export function ordersIn(kept: string): string {
  return kept.split("\n").slice(2).map((row) => {
    const fields = row.split(" ");
    return [1, 3, ADMIN_COLUMN, WEIGHT_COLUMN].map((column) => fields[column]).join(" ");
  }).join("\n");
}

/** Whether an operator took the server out, drains it, changed its weight, or gave it back in spite of `disabled`. */
function isOrdered(fields: readonly string[]): boolean {
  const admin = Number(fields[ADMIN_COLUMN]);
  const isOut = (admin & FORCED_MAINTENANCE) !== 0;
  const isForced = isOut !== ((admin & CONFIGURED_MAINTENANCE) !== 0) || (admin & FORCED_DRAIN) !== 0;
  return isForced || fields[WEIGHT_COLUMN] !== fields[CONFIGURED_WEIGHT_COLUMN];
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
