// The example of docs/layer7.md on two hosts: HAProxy killed, broken, hanging, reloaded under traffic, and left alone by a dying
// Holdfast.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, pause, tryRun, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { HttpHost, type Traffic } from "../support/http_hosts.ts";
import { descendants } from "../support/processes.ts";
import { testWith } from "../support/requirements.ts";
import { inside, type TestHost, TwoHosts } from "../support/two_hosts.ts";

const NAME = "hfl7";
const VIP = "10.9.0.100";
const LIMIT_MS = 30_000;
/** A busy machine is no HAProxy that is gone. */
const FAIL_AFTER_SECONDS = 5;

/** A block of the document, at the addresses of the test. */
function example(language: string): string {
  const document = Deno.readTextFileSync(new URL("../../docs/layer7.md", import.meta.url));
  const block = document.match(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, "m"))?.[1];
  assert(block !== undefined, `docs/layer7.md has no example in ${language}`);
  return block.replaceAll("192.0.2.", "10.9.0.");
}

/** One host with its files and its daemon. */
class Node {
  readonly host: TestHost;
  readonly folder: string;
  readonly #hosts: TwoHosts;
  #daemon: BackgroundProcess | undefined;

  constructor(hosts: TwoHosts, host: TestHost, folder: string, priority: number) {
    this.#hosts = hosts;
    this.host = host;
    this.folder = `${folder}/${host.namespace}`;
    Deno.mkdirSync(this.folder);
    Deno.symlinkSync("/usr/sbin/haproxy", `${this.folder}/haproxy`);
    this.write(example("haproxy"));
    const config = example("yaml")
      .replace("config: /etc/haproxy/haproxy.cfg", `config: haproxy.cfg\n  binary: ${this.folder}/haproxy`)
      .replace("priority: 150", `priority: ${priority}`)
      .replace(/^haproxy:\n/m, `$&  fail_after: ${FAIL_AFTER_SECONDS}\n`);
    Deno.writeTextFileSync(`${this.folder}/holdfast.yaml`, config);
  }

  write(text: string): void {
    Deno.writeTextFileSync(`${this.folder}/haproxy.cfg`, text);
  }

  get run(): string {
    return `/run/holdfast/haproxy-${this.host.namespace}`;
  }

  get log(): string {
    try {
      return Deno.readTextFileSync(`${this.folder}/log`);
    } catch {
      return "";
    }
  }

  /** Its output goes to a file, which HAProxy may hold open for longer than the daemon lives. */
  start(): void {
    const command = [...holdfastCommand(), "run", "-f", `${this.folder}/holdfast.yaml`];
    const shell = ["sh", "-c", 'log=$1; shift; exec "$@" >>"$log" 2>&1', "sh", `${this.folder}/log`];
    this.#daemon = new BackgroundProcess([...shell, ...inside(this.host, command)]);
  }

  get daemon(): BackgroundProcess {
    assert(this.#daemon !== undefined);
    return this.#daemon;
  }

  /** Process id of HAProxy's master. */
  get master(): number {
    return Number(Deno.readTextFileSync(`${this.run}/process`).split(" ")[0]);
  }

  get workers(): number[] {
    return descendants(this.master);
  }

  has(address = VIP): Promise<boolean> {
    return this.#hosts.has(this.host, address);
  }

  async curl(path: string): Promise<string> {
    return (await tryRun(...inside(this.host, ["curl", "-s", "-m", "5", `http://127.0.0.1:8404${path}`]))).output;
  }

  // deno-lint-ignore no-explicit-any -- JSON of the daemon's
  async status(): Promise<any> {
    const text = await this.curl("/api/v1/status");
    return text === "" ? {} : JSON.parse(text);
  }

  async holdfast(...words: readonly string[]): Promise<{ code: number; output: string }> {
    return await tryRun(...inside(this.host, [...holdfastCommand(), ...words]));
  }

  /** One order to HAProxy. */
  async order(text: string): Promise<void> {
    const connection = await Deno.connect({ transport: "unix", path: `${this.run}/stats.sock` });
    await connection.write(new TextEncoder().encode(`${text}\n`));
    await connection.read(new Uint8Array(1024));
    connection.close();
  }

  async close(): Promise<void> {
    await this.#daemon?.killTree();
    try {
      for (const pid of [...this.workers, this.master]) Deno.kill(pid, "SIGKILL");
    } catch {
      // it has ended
    }
    await Deno.remove(this.run, { recursive: true }).catch(() => {});
  }
}

interface Lab {
  readonly a: Node;
  readonly b: Node;
  readonly clients: HttpHost;
  readonly comes: (what: string, condition: () => boolean | Promise<boolean>) => Promise<void>;
}

testWith(
  ["root", "program:ip", "program:curl", "program:python3", "program:haproxy"],
  "the example of docs/layer7.md: HAProxy on two hosts",
  async () => {
    const hosts = await TwoHosts.create(NAME);
    const clients = new HttpHost(NAME);
    const folder = await Deno.makeTempDir();
    const a = new Node(hosts, hosts.a, folder, 150);
    const b = new Node(hosts, hosts.b, folder, 100);
    const details = (): string => [a.log, b.log].join("\n--- b\n");
    const comes: Lab["comes"] = (what, condition) => until(what, condition, LIMIT_MS, details);
    const lab = { a, b, clients, comes };
    try {
      await clients.open({ web1: "10.9.0.21", web2: "10.9.0.22" }, "10.9.0.3");
      await begins(lab);
      await isSeen(lab);
      await isRestarted(lab);
      await isReloaded(lab);
      await isRefused(lab);
      await outlivesHoldfast(lab);
      await isMissed(lab);
      await hangs(lab);
      await ends(lab);
    } catch (error) {
      throw new Error(details(), { cause: error });
    } finally {
      await a.close();
      await b.close();
      await clients.close();
      await hosts.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

function report(what: string, { ok, lost, gapMs }: Traffic): void {
  console.log(`${what}: ${ok} answers, ${lost} lost, longest gap ${gapMs} ms`);
}

async function begins({ a, b, clients, comes }: Lab): Promise<void> {
  const check = await a.holdfast("check", "-f", `${a.folder}/holdfast.yaml`);
  assertEquals(check.code, 0, check.output);
  a.start();
  Deno.removeSync(`${b.folder}/haproxy`);
  b.start();
  await comes("an instance without HAProxy begins in fault", () => b.log.includes("Entering FAULT STATE"));
  assert(!b.log.includes("BACKUP STATE"), b.log);
  Deno.symlinkSync("/usr/sbin/haproxy", `${b.folder}/haproxy`);
  await comes("a is master, b backup with HAProxy", async () => await a.has() && b.log.includes("HAProxy is well"));
  await comes("both servers answer", async () => {
    return new Set([await clients.get(VIP), await clients.get(VIP)]).size === 2;
  });
  assertEquals(await b.has(), false);
  const { output } = await tryRun(...inside(b.host, ["ss", "-Hltn", "src", VIP]));
  assertStringIncludes(output, `${VIP}:80`); // where it is not
  for (const { master, workers } of [a, b]) {
    assertEquals(Deno.statSync(`/proc/${master}`).uid, 0);
    for (const worker of workers) assert(Deno.statSync(`/proc/${worker}`).uid !== 0, "no worker is root");
  }
  assertEquals((Deno.statSync(a.run).mode ?? 0) & 0o777, 0o700);
}

async function isSeen({ a, comes }: Lab): Promise<void> {
  await comes("the API knows its servers", async () => (await a.status()).haproxy?.proxies.length === 2);
  const { haproxy, vrrpInstances: [instance] } = await a.status();
  assertEquals([haproxy.state, haproxy.up, haproxy.restarts], ["running", true, 0]);
  // deno-lint-ignore no-explicit-any -- JSON of the daemon's
  assertEquals(haproxy.proxies[1].servers.map((server: any) => server.name), ["web1", "web2"]);
  assertEquals(instance.tracked, [{ kind: "process", name: "haproxy", weight: 0, up: true }]);
  const csv = await a.curl("/stats;csv");
  assert(/^servers,web1,/m.test(csv) && /^web,FRONTEND,/m.test(csv), csv);
  const page = await a.curl("/stats");
  assertStringIncludes(page, `<tr id="servers/web1" class="active_up">`);
  const metrics = await a.curl("/metrics");
  assertStringIncludes(metrics, "holdfast_haproxy_up 1");
  assertStringIncludes(metrics, `holdfast_haproxy_status{proxy="servers",kind="server",server="web2"} 1`);
  assertStringIncludes((await a.holdfast("status")).output, "running, 2 proxies, 2 of 2 servers up");
}

async function isRestarted({ a, b, clients, comes }: Lab): Promise<void> {
  const transitions = async (): Promise<unknown> => (await a.status()).vrrpInstances[0].counters.transitions;
  const before = await transitions();
  const { workers: [worker = 0], master } = a;
  const measure = await clients.traffic(VIP);
  await pause(300);
  assert(worker > 1);
  Deno.kill(worker, "SIGKILL");
  await comes("a worker that was killed has a successor", async () => {
    return a.master !== master && await clients.get(VIP) !== "" && (await a.status()).haproxy.restarts === 1;
  });
  await pause(300);
  const traffic = await measure();
  report("worker killed", traffic);
  assert(traffic.gapMs < FAIL_AFTER_SECONDS * 1000, `the address did not move: ${JSON.stringify(traffic)}`);
  assertEquals(await b.has(), false);
  assertEquals(await transitions(), before);
}

async function isReloaded({ a, clients, comes }: Lab): Promise<void> {
  await a.order("set server servers/web1 state drain");
  await comes("the drain is seen and saved", () => {
    return / web1 .*? \d 8 /.test(Deno.readTextFileSync(`${a.run}/servers.state`));
  });
  const measure = await clients.traffic(VIP);
  const { master } = a;
  for (let count = 1; count <= 10; count++) {
    a.write(example("haproxy").replace("maxconn 4000", `maxconn ${4000 + count}`));
    const { code, output } = await a.holdfast("reload");
    assertEquals(code, 0, output);
  }
  const before = (await a.status()).haproxy.reloads.accepted;
  a.write(`${example("haproxy")}# changed without being asked to\n`);
  await comes("a change is noticed", async () => (await a.status()).haproxy.reloads.accepted > before);
  const traffic = await measure();
  report("eleven reloads", traffic);
  assertEquals([traffic.lost, traffic.errors], [0, []]);
  assert(traffic.ok > 200, JSON.stringify(traffic));
  assertEquals(Object.keys(traffic.by), ["web2"], "a server on drain gets nothing new");
  assertEquals(a.master, master);
  await comes("the page says so", async () => /^servers,web1,.*,DRAIN,/m.test(await a.curl("/stats;csv")));
  const { worker } = (await a.status()).haproxy;
  Deno.kill(worker.pid, "SIGKILL");
  await comes("it is restarted", async () => (await a.status()).haproxy.restarts === 2);
  await comes("and the server still drains", async () => /^servers,web1,.*,DRAIN,/m.test(await a.curl("/stats;csv")));
}

async function isRefused({ a, clients, comes }: Lab): Promise<void> {
  await comes("one worker is left", () => a.workers.length === 1);
  const { workers } = a;
  const lines = example("haproxy").split("\n").length;
  a.write(`${example("haproxy")}    frobnicate\nuserlist u\n    user joe password hunter2 nonsense\n`);
  const { code, output } = await a.holdfast("reload");
  assertEquals(code, 1, output);
  const where = `${a.folder}/haproxy.cfg:${lines}: unknown keyword 'frobnicate' in 'backend' section`;
  assertStringIncludes(output, where);
  await comes("it is a warning", async () => (await a.curl("/api/v1/status")).includes("haproxy-config"));
  assertEquals(a.workers, workers, "the running one goes on");
  await comes("it answers", async () => await clients.get(VIP) === "web2");
  const check = await a.holdfast("check", "-f", `${a.folder}/holdfast.yaml`);
  assertEquals(check.code, 1);
  assertStringIncludes(check.output, `${a.folder}/haproxy.cfg:${lines}`);
  assert(!(a.log + check.output + output).includes("hunter2"), "no secret is shown");
  a.write(example("haproxy"));
  assertEquals((await a.holdfast("reload")).code, 0);
  await comes("one worker is left", () => a.workers.length === 1);
}

async function outlivesHoldfast({ a, b, clients, comes }: Lab): Promise<void> {
  const { master, workers } = a;
  const measure = await clients.traffic(VIP);
  await pause(200);
  a.daemon.signal("SIGKILL");
  await comes("the peer takes over", async () => await b.has() && !await a.has());
  assertEquals([a.master, a.workers], [master, workers], "HAProxy goes on");
  a.start();
  await comes("it is found and kept", () => a.log.includes(`HAProxy (${master}) runs already and is kept`));
  await comes("a is master again", () => a.has());
  const traffic = await measure();
  report("supervisor killed, another started", traffic);
  assertEquals([a.master, a.workers], [master, workers]);
  await comes("and nothing was forgotten", async () => /^servers,web1,.*,DRAIN,/m.test(await a.curl("/stats;csv")));
}

async function isMissed({ a, b, clients, comes }: Lab): Promise<void> {
  Deno.removeSync(`${a.folder}/haproxy`);
  const measure = await clients.traffic(VIP);
  await pause(200);
  Deno.kill(a.master, "SIGKILL");
  await comes("the peer takes over from a host without HAProxy", () => b.has());
  await comes("it answers", async () => await clients.get(VIP) !== "");
  await pause(300);
  await comes("which is in fault", async () => (await a.status()).vrrpInstances[0].state === "fault");
  assertEquals((await a.status()).vrrpInstances[0].faults, ["process haproxy has no quorum"]);
  await comes("it is counted", async () => (await a.curl("/metrics")).includes("holdfast_haproxy_up 0"));
  report("HAProxy cannot be started", await measure());
  await comes("old numbers are not exported", async () => {
    const csv = await a.curl("/stats;csv");
    return csv !== "" && !/^servers,/m.test(csv);
  });
  Deno.symlinkSync("/usr/sbin/haproxy", `${a.folder}/haproxy`);
  await comes("it is back", () => a.has());
}

async function hangs({ a, b, clients, comes }: Lab): Promise<void> {
  const { workers: [worker = 0], master } = a;
  const measure = await clients.traffic(VIP);
  await pause(200);
  assert(worker > 1);
  Deno.kill(worker, "SIGSTOP");
  await comes("the peer takes over from a HAProxy that hangs", () => b.has());
  await comes("it answers", async () => await clients.get(VIP) !== "");
  await pause(300);
  report("HAProxy hangs", await measure());
  await comes("which is ended, and another started", () => a.master !== master);
  await comes("it is master again", () => a.has());
}

async function ends({ a, b, clients, comes }: Lab): Promise<void> {
  const { master } = a;
  const measure = await clients.traffic(VIP);
  await pause(200);
  await a.daemon.stop();
  await comes("the peer is master", () => b.has());
  await comes("it answers", async () => await clients.get(VIP) !== "");
  await pause(300);
  const traffic = await measure();
  report("Holdfast stopped", traffic);
  assertEquals(await isAlive(master), false, "HAProxy ends with Holdfast");
}

async function isAlive(pid: number): Promise<boolean> {
  return (await tryRun("kill", "-0", String(pid))).success;
}
