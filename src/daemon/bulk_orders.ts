// One order for many servers: for all of them, or, where it would take away the last one of something, for none. Each is carried
// out as if it had been given alone.
import type { CommandRequest } from "../ports/commands.ts";
import type { Snapshot } from "../ports/snapshot.ts";

/** What came of it. */
export interface BulkAnswer {
  readonly text: string;
  readonly servers: readonly {
    /** Or `haproxy/BACKEND`. */
    readonly virtualServer: string;
    readonly realServer: string;
    readonly done: boolean;
    readonly text: string;
  }[];
}

/** What it needs. */
export interface BulkOptions {
  readonly snapshot: Snapshot;
  /** Carries one order out. @throws Error */
  readonly obey: (request: CommandRequest) => Promise<unknown>;
}

/** `everywhere`: every server of an address. @throws Error when nothing was done */
export async function obeyEverywhere(request: CommandRequest, { snapshot, obey }: BulkOptions): Promise<BulkAnswer> {
  const { state, address, force, author, reason, forMs } = request;
  if (typeof address !== "string" || (state !== "ready" && state !== "drain" && state !== "maint")) {
    throw new Error("the request names no address and what is to be done with its servers");
  }
  const { planBulk } = await bulk();
  const plans = planBulk(snapshot, address, { command: state }, { force: force === true });
  if (plans.length === 0) throw new Error(`no real server has the address \`${address}\``);
  const refused = plans.flatMap(({ planned }) => "detail" in planned ? [planned.detail] : []);
  if (refused.length > 0) throw new Error(`nothing was done: ${refused.join("; ")}`);
  const servers: BulkAnswer["servers"][number][] = [];
  for (const { virtualServer, realServer, planned } of plans) {
    if (!("request" in planned)) continue;
    const lasts = state === "ready" ? undefined : forMs;
    const outcome = await obey({ ...planned.request, author, reason, forMs: lasts }).then(
      (text) => ({ done: true, text: String(text) }),
      (error) => ({ done: false, text: error instanceof Error ? error.message : String(error) }),
    );
    servers.push({ virtualServer, realServer, ...outcome });
  }
  const done = servers.filter((server) => server.done).length;
  const failed = servers.find((server) => !server.done);
  if (done === 0) throw new Error(failed?.text ?? "nothing was done");
  const rest = done === servers.length ? "" : ` of ${servers.length}; the others were refused: ${failed?.text}`;
  return { text: `${state}: ${done} ${done === 1 ? "server" : "servers"} with the address ${address}${rest}`, servers };
}

/** `clear-overrides`: takes back all that was said of servers and instances. */
export async function clearOverrides(
  { author, reason }: CommandRequest,
  { snapshot, obey }: BulkOptions,
): Promise<{ readonly text: string }> {
  const { requestsToClear } = await bulk();
  const requests = requestsToClear(snapshot);
  const problems: string[] = [];
  for (const request of requests) {
    await obey({ ...request, author, reason }).catch((error) => {
      problems.push(error instanceof Error ? error.message : String(error));
    });
  }
  if (problems.length > 0) throw new Error(`${problems.length} of ${requests.length} stay: ${problems[0]}`);
  if (requests.length === 0) return { text: "nothing was said that could be taken back" };
  return { text: `${requests.length} ${requests.length === 1 ? "order was" : "orders were"} taken back` };
}

/** The planning comes with the schemas of the API, a third of what the supervisor would load at every start: when it is needed. */
function bulk(): Promise<typeof import("../http/api/bulk.ts")> {
  return import("../http/api/bulk.ts");
}
