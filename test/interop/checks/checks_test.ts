// Every checker of the daemon against servers that fail in every way they can: the verdict in time, the reason, nothing that
// leaks, and recovery. IPVS is not needed: what the daemon does with a verdict is tested in the VM.
import { assert, assertEquals } from "../../assert.ts";
import { BackgroundProcess, pause, tryRun, until } from "../../support/command.ts";
import { holdfastCommand } from "../../support/holdfast.ts";
import { findRole, roleProcess } from "../../support/processes.ts";
import { testWith } from "../../support/requirements.ts";
import { inside } from "../../support/two_hosts.ts";
import type { CheckCase } from "./check_case.ts";
import { realPortOf, Ward } from "./ward.ts";

const DELAY_LOOP_MS = 2000;
/** States are reported once a second, and this machine may be busy. */
const REPORT_MS = 4000;
/** A command that does not go has 2 s from SIGTERM to SIGKILL. */
const KILL_MS = 2000;
/** How late a time limit may be noticed. */
const LATE_MS = 1000;
/** However busy the machine: all has been as it should by then. */
const LIMIT_MS = 60_000;

interface Check {
  readonly status: string;
  readonly text: string;
  readonly durationSeconds: number;
}

interface Server {
  readonly port: number;
  readonly operState: string;
  readonly since: string;
  readonly check?: Check;
}

const NEEDS = ["ip", "curl", "nft", "nsenter", "nginx", "smtpd", "dnsmasq"].map((name) => `program:${name}` as const);

testWith(["root", ...NEEDS], "every checker, every way to fail: verdict, reason, nothing leaks, recovery", async () => {
  const ward = await Ward.create("hfchk", ["web", "mail", "name"]);
  const file = `${ward.folder}/holdfast.conf`;
  await Deno.writeTextFile(file, ward.configuration(DELAY_LOOP_MS / 1000));
  const daemon = new BackgroundProcess(inside(ward.hosts.a, [...holdfastCommand(), "run", "-f", file]));
  const watch = new Watch(ward, daemon);
  try {
    await watch.all(
      "well at the start",
      (one, server) => server.operState === "up" ? undefined : tell(one, server),
      LIMIT_MS,
    );
    const role = await healthRole(daemon);
    const [atRest] = await watch.footprint(role);
    const most: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < 2; round++) {
      await ward.become("ill");
      const begun = Date.now();
      const verdicts = new Map<CheckCase, number>();
      await watch.all(`ill, round ${round}`, (one, server) => {
        if (server.operState === one.ill.state && !verdicts.has(one)) verdicts.set(one, Date.parse(server.since));
        return wrongWhenIll(one, server);
      }, LIMIT_MS);
      for (const [one, atMs] of verdicts) {
        const limitMs = DELAY_LOOP_MS + one.timeoutMs + (one.name.startsWith("MISC") ? KILL_MS : 0) + REPORT_MS;
        assert(atMs - begun <= limitMs, `${one.name}: verdict after ${atMs - begun} ms, wanted ${limitMs}`);
      }
      // What it holds while servers hang, drip and talk without end.
      for (let second = 0; second < 5; second++) {
        await pause(1000);
        const [descriptors, bytes] = await watch.footprint(role);
        most.push(descriptors);
        memory.push(bytes);
        const risen = (await watch.look()).filter(([one, server]) =>
          one.ill.state === "down" && server.operState === "up"
        );
        assertEquals(risen.map(([one, server]) => tell(one, server)), []);
      }
      await ward.become("well");
      await watch.all(
        `well, round ${round}`,
        (one, server) => server.operState === "up" ? undefined : tell(one, server),
        LIMIT_MS,
      );
    }
    await until("descriptors are given back", async () => (await watch.footprint(role))[0] <= atRest + 20, LIMIT_MS);
    console.log(
      `descriptors ${atRest} at rest, ${Math.max(...most)} at most; memory ${
        memory.map((bytes) => Math.round(bytes / 1e6))
      } MB`,
    );
    assert(Math.max(...most) < atRest + 6 * ward.cases.length, `too many descriptors: ${most}`);
    assert(Math.max(...memory.slice(5)) < Math.max(...memory.slice(0, 5)) + 40e6, `memory grows: ${memory}`);
    assertEquals(await healthRole(daemon), role, "the role never died");
    for (const one of ward.cases.filter(({ ill }) => ill.state === "down")) {
      const name = `[${one.address ?? "10.9.0.2"}]:tcp:${realPortOf(one)}`;
      assert(daemon.output.includes(`Check on service ${name} failed`), `the log has no ${name}`);
    }
  } finally {
    await daemon.killTree();
    await ward.close();
  }
});

/** What is wrong with the verdict on a server that is ill; undefined: nothing. */
function wrongWhenIll(one: CheckCase, server: Server): string | undefined {
  const { state, status, text } = one.ill;
  const { check } = server;
  if (
    check === undefined || server.operState !== state || !new RegExp(`^${status}$`).test(check.status) ||
    !text.test(check.text)
  ) {
    return tell(one, server);
  }
  const ms = check.durationSeconds * 1000;
  const kill = one.name.startsWith("MISC") ? KILL_MS : 0;
  if (ms > one.timeoutMs + kill + LATE_MS) return `${tell(one, server)}: took ${ms} ms`;
  if (status.endsWith("TOUT") && ms < one.timeoutMs - 5) return `${tell(one, server)}: took ${ms} ms only`;
  return undefined;
}

function tell(one: CheckCase, { operState, check }: Server): string {
  return `${one.name}: ${operState}, ${check?.status} ${check?.text} (${check?.durationSeconds} s)`;
}

async function healthRole(daemon: BackgroundProcess): Promise<number> {
  await until("there is a health role", () => findRole(daemon.pid, "health") !== undefined, 10_000);
  return roleProcess(daemon.pid, "health");
}

/** Looks at what the daemon says of the servers. */
class Watch {
  readonly #ward: Ward;
  readonly #daemon: BackgroundProcess;

  constructor(ward: Ward, daemon: BackgroundProcess) {
    this.#ward = ward;
    this.#daemon = daemon;
  }

  /** Waits until each was right once: on a busy machine a server that is slow, but in time, is too late now and then. */
  async all(
    what: string,
    fault: (one: CheckCase, server: Server) => string | undefined,
    limitMs: number,
  ): Promise<void> {
    const right = new Set<CheckCase>();
    const deadline = Date.now() + limitMs;
    while (right.size < this.#ward.cases.length) {
      const faults: string[] = [];
      for (const [one, server] of await this.look()) {
        if (right.has(one)) continue;
        const wrong = fault(one, server);
        if (wrong === undefined) right.add(one);
        else faults.push(wrong);
      }
      if (Date.now() > deadline) {
        const said = `${this.#ward.output.slice(-2000)}\n${this.#daemon.output.slice(-2000)}`;
        throw new Error(`not within ${limitMs} ms: ${what}\n${faults.join("\n")}\n${said}`);
      }
      await pause(200);
    }
  }

  /** Every case with what the daemon says of its server. */
  async look(): Promise<[CheckCase, Server][]> {
    const { success, output } = await tryRun(
      ...inside(this.#ward.hosts.a, ["curl", "-s", "-m", "5", "http://127.0.0.1:8404/api/v1/status"]),
    );
    if (!success) return [];
    const status: { virtualServers: { realServers: Server[] }[] } = JSON.parse(output);
    const servers = new Map(
      status.virtualServers.flatMap(({ realServers }) => realServers).map((server) => [server.port, server]),
    );
    return this.#ward.cases.flatMap((one): [CheckCase, Server][] => {
      const server = servers.get(realPortOf(one));
      return server === undefined ? [] : [[one, server]];
    });
  }

  /** How many descriptors a process has, and its memory in bytes. */
  async footprint(pid: number): Promise<[number, number]> {
    const descriptors = [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    return [descriptors, 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1])];
  }
}
