// Operators and HAProxy's servers: drained, weighted, taken out and given back by the command line, the API and the page, and
// what of it outlives reloads, restarts of HAProxy and a Holdfast that is killed.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, tryRun, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";
import { inside, TwoHosts } from "../support/two_hosts.ts";

const LIMIT_MS = 30_000;

const HAPROXY = `
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
frontend web
    bind 127.0.0.1:8080
    default_backend app
backend app
    balance roundrobin
    server web1 127.0.0.1:9001 weight 10
    server web2 127.0.0.1:9002 weight 10
    server spare 127.0.0.1:9004 disabled
`;

testWith(["root", "program:ip", "program:curl", "program:haproxy"], "operators and HAProxy's servers", async () => {
  const hosts = await TwoHosts.create("hfl7o");
  const folder = await Deno.makeTempDir();
  const run = `${folder}/run`;
  const file = `${folder}/holdfast.yaml`;
  Deno.writeTextFileSync(`${folder}/haproxy.cfg`, HAPROXY);
  Deno.writeTextFileSync(
    file,
    `haproxy: { config: haproxy.cfg, run_dir: ${run} }\napi: { socket: ${folder}/api/api.sock }\n`,
  );
  // Where they write, HAProxy may hold open for longer than the daemon lives.
  const start = (): BackgroundProcess => {
    const command = [...holdfastCommand(), "run", "-f", file, "--journal", `${folder}/journal`];
    const shell = ["sh", "-c", 'log=$1; shift; exec "$@" >>"$log" 2>&1', "sh", `${folder}/log`];
    return new BackgroundProcess([...shell, ...inside(hosts.a, command)]);
  };
  let daemon = start();
  const log = (): string => Deno.readTextFileSync(`${folder}/log`);
  const comes = (what: string, condition: () => boolean | Promise<boolean>): Promise<void> =>
    until(what, condition, LIMIT_MS, log);
  const holdfast = async (...words: string[]): Promise<{ code: number; output: string }> => {
    const { code, output } = await tryRun(...inside(hosts.a, [...holdfastCommand(), ...words]));
    return { code, output };
  };
  // deno-lint-ignore no-explicit-any -- replies of any kind
  const api = async (method: string, path: string, body?: unknown): Promise<any> => {
    const data = body === undefined ? [] : ["-H", "Content-Type: application/json", "-d", JSON.stringify(body)];
    const url = `http://localhost/api/v1${path}`;
    const command = ["curl", "-s", "-m", "10", "--unix-socket", `${folder}/api/api.sock`, "-X", method, ...data, url];
    const { output } = await tryRun(...inside(hosts.a, command));
    return output === "" ? {} : JSON.parse(output);
  };
  const server = "/haproxy/backends/app/servers/web1";
  // What HAProxy says itself.
  const state = async (): Promise<string> => {
    const { output } = await tryRun(...inside(hosts.a, ["curl", "-s", "http://127.0.0.1:8404/stats;csv"]));
    const lines = output.split("\n").map((line) => line.split(","));
    const row = lines.find(([proxy, name]) => proxy === "app" && name === "web1");
    const at = (name: string): string => row?.[lines[0]?.indexOf(name) ?? -1] ?? "";
    return `${at("status")} ${at("weight")}`;
  };
  const is = (wanted: string): Promise<void> => comes(`HAProxy says ${wanted}`, async () => await state() === wanted);
  const master = (): number => Number(Deno.readTextFileSync(`${run}/process`).split(" ")[0]);
  try {
    await is("no check 10");
    const drained = await holdfast("drain", "app", "web1", "--reason", "new disk");
    assertEquals([drained.code, /^web1 of HAProxy's app gets no new/.test(drained.output)], [0, true], drained.output);
    await is("DRAIN 10");
    const table = (await holdfast("rs", "app")).output;
    assert(/^ {2}web1 +DRAIN .*operator \S+: new disk$/m.test(table), table);
    const refused = await api("PUT", "/haproxy/backends/app/servers/web2/admin-state", { state: "maint" });
    assertEquals(refused.status, 409, JSON.stringify(refused));
    assertEquals((await api("PUT", `${server}/weight`, { weight: "50%", reason: "half" })).done, true);
    assertEquals((await api("GET", `${server}/override`)).mode, "drain");
    const [listed] = (await api("GET", "/overrides")).haproxy;
    assertEquals([listed.server, listed.override.weight, listed.override.reason], ["web1", 5, "half"]);

    // Nothing of it is lost by a reload, a crash, or a Holdfast that is killed.
    Deno.writeTextFileSync(`${folder}/haproxy.cfg`, `${HAPROXY}    server web3 127.0.0.1:9003\n`);
    assertEquals((await holdfast("reload")).code, 0);
    await is("DRAIN 5");
    const before = master();
    Deno.kill((await api("GET", "/haproxy")).worker.pid, "SIGKILL");
    await comes("another is started", () => master() !== before);
    await is("DRAIN 5");
    daemon.signal("SIGKILL");
    await daemon.ended;
    daemon = start();
    await is("DRAIN 5");
    await comes("whose word it is, too", async () => (await api("GET", `${server}/override`)).reason === "half");

    assertEquals((await holdfast("ready", "app", "web1")).code, 0);
    await is("no check 10");
    assertEquals(await api("GET", `${server}/override`), {});
    assertEquals((await holdfast("maint", "app", "127.0.0.1:9001", "--for", "10s")).code, 0, "by its address");
    await is("MAINT 10");
    await is("no check 10"); // its time is over
    assertEquals((await holdfast("weight", "haproxy/app", "web1", "20%")).code, 0);
    await is("no check 2");
    assertEquals((await holdfast("weight", "app", "web1", "configured")).code, 0);
    await is("no check 10");
    assertEquals((await api("POST", `${server}:kill-connections`, {})).done, true);

    // What is said to HAProxy by others is shown as well.
    const socket = await Deno.connect({ transport: "unix", path: `${run}/stats.sock` });
    await socket.write(new TextEncoder().encode("set server app/web1 state maint\n"));
    socket.close();
    await comes("it is seen", async () => (await api("GET", `${server}/override`)).author === "unknown");
    // What haproxy.cfg has as disabled is nobody's word, and stays out when all that was said is taken back.
    assertEquals((await api("GET", "/overrides")).haproxy.map((one: { server: string }) => one.server), ["web1"]);
    assertEquals((await holdfast("overrides", "--clear")).output, "1 order was taken back\n");
    await is("no check 10");
    assertEquals((await api("GET", "/haproxy/backends/app/servers/spare")).status, "MAINT");

    for (
      const [words, says] of [
        [
          ["drain", "app", "web9"],
          "there is no server `web9` in HAProxy's backend app; there is `web1`, `web2`, `spare`, `web3`",
        ],
        [["drain", "haproxy/nothing", "web1"], "there is no backend `nothing` with servers in HAProxy; there is `app`"],
        [["health", "app", "web1", "down"], "no virtual server runs"],
        [["weight", "app", "web1", "300"], "a weight of HAProxy's is 0 to 256"],
      ] as const
    ) {
      const { code, output } = await holdfast(...words);
      assertEquals(code, 1, output);
      assertStringIncludes(output, says);
    }
    assertStringIncludes((await holdfast("events")).output, "web1 of HAProxy's app gets no new");
    assert((await api("GET", "/audit")).some((entry: { action: string }) => entry.action === "weight"));
  } catch (error) {
    throw new Error(log(), { cause: error });
  } finally {
    await daemon.killTree();
    await hosts.close();
    await tryRun("sh", "-c", `kill -9 $(cut -d' ' -f1 ${run}/process)`);
    await Deno.remove(folder, { recursive: true });
  }
});
