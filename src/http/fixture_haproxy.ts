// HAProxy as it describes itself, for the tests of this folder.
import { parseStats } from "../core/haproxy/stats_csv.ts";
import type { HaproxySnapshot } from "../ports/snapshot.ts";
import { HAPROXY_COLUMNS } from "./csv.ts";

/** Lines as HAProxy writes them. */
const line = (fields: Readonly<Record<string, string>>): string =>
  `${HAPROXY_COLUMNS.map((name) => fields[name] ?? "").join(",")},-,\n`;

/** `show stat`. */
export const HAPROXY_STATISTICS = `# ${HAPROXY_COLUMNS.join(",")},-,\n` +
  line({
    pxname: "web",
    svname: "FRONTEND",
    type: "0",
    status: "OPEN",
    mode: "http",
    stot: "86",
    bin: "7073",
    slim: "500",
  }) +
  line({
    pxname: "app",
    svname: "s1",
    type: "2",
    status: "UP",
    weight: "1",
    uweight: "1",
    act: "1",
    bck: "0",
    scur: "2",
  }) +
  line({
    pxname: "app",
    svname: "s2",
    type: "2",
    status: "DOWN",
    check_status: "* L4CON",
    last_chk: '"<b>refused</b>"',
  }) +
  line({ pxname: "app", svname: "s3", type: "2", status: "MAINT", weight: "1", act: "1", bck: "0" }) +
  line({ pxname: "app", svname: "s4", type: "2", status: "DRAIN", weight: "0", uweight: "1", addr: "10.0.0.4:80" }) +
  line({ pxname: "app", svname: "BACKEND", type: "1", status: "UP", mode: "http", algo: "roundrobin", lastchg: "94" });

/** HAProxy with a frontend and a backend of four servers, one of which an operator drains. */
export function haproxy(state: HaproxySnapshot["state"] = "running"): HaproxySnapshot {
  const table = parseStats(HAPROXY_STATISTICS);
  if (table === undefined) throw new Error("the fixture is no table");
  return {
    state,
    up: state === "running",
    pid: 12,
    worker: { pid: 13, version: "2.6.12", startedAtMs: 1000 },
    oldWorkers: 1,
    restarts: 2,
    reloads: { accepted: 3, rejected: 1 },
    statistics: { ...table, atMs: 5000 },
    overrides: [{
      backend: "app",
      server: "s4",
      override: { mode: "drain", author: "alice", reason: "<new> disk", atMs: 4000, untilMs: 9000 },
    }],
  };
}
