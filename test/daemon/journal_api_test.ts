// The journal over HTTP: events, stories and the page's timeline of a running daemon, before and after the death of the api role.
import { assertEquals, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, run, tryRun } from "../support/command.ts";
import { daemonTest } from "../support/daemon_test.ts";
import { killRole } from "../support/processes.ts";
import { inside } from "../support/two_hosts.ts";

const BASE = "http://127.0.0.1:8404";
const CONFIG = `
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    priority 200
    advert_int 0.2
    track_interface {
        eth1 weight -60
    }
    virtual_ipaddress {
        10.9.0.100/24
    }
}
`;

daemonTest("what happened outlives the api role, and a stream goes on where it stopped", "hfjapi", async (lab) => {
  const { hosts: { a }, comes } = lab;
  const get = async (path: string, ...args: string[]): Promise<string> =>
    (await tryRun(...inside(a, ["curl", "-s", "-m", "5", ...args, `${BASE}${path}`]))).output;
  await run("ip", "-n", a.namespace, "link", "add", "eth1", "type", "veth", "peer", "name", "p1");
  await run("ip", "-n", a.namespace, "link", "set", "p1", "up");
  await run("ip", "-n", a.namespace, "link", "set", "eth1", "up");
  await lab.write(CONFIG);
  const daemon = lab.start();
  await comes("it is master", async () => (await lab.instances())[0]?.state === "master");
  await comes("its story is known", async () => (await get("/api/v1/why?name=VI_1")).includes("BACKUP -> MASTER"));
  const before = JSON.parse(await get("/api/v1/events"));
  const follower = new BackgroundProcess(
    inside(a, ["curl", "-sN", "-H", "Accept: text/event-stream", `${BASE}/api/v1/events?since=${before.next}`]),
  );
  try {
    await comes("the follower is connected", () => follower.output.includes("retry: 3000"));
    await run("ip", "-n", a.namespace, "link", "set", "p1", "down");
    await comes("the follower hears of it", () => follower.output.includes("effective priority 200 -> 140"));
    assertStringIncludes(follower.output, "event: link\n");
  } finally {
    await follower.killTree();
  }

  killRole(daemon.pid, "api");
  await comes("it is started again, and knows all", async () => {
    return (await get("/api/v1/events")).includes("effective priority");
  });
  const page = await get("/stats");
  assertStringIncludes(page, "<summary>VI_1: BACKUP -&gt; MASTER: ");
  assertStringIncludes(page, "VI_1: added 10.9.0.100");
  const after = JSON.parse(await get("/api/v1/events?limit=2000"));
  const ids = after.events.map(({ id }: { id: number }) => id);
  assertEquals(ids.slice(0, before.events.length), before.events.map(({ id }: { id: number }) => id));
  const priority = after.events.find(({ type }: { type: string }) => type === "priority");
  const link = after.events.findLast(({ id }: { id: number }) => id === priority.cause);
  assertEquals([link.text, priority.text], [
    "interface eth1 is down",
    "VI_1: effective priority 200 -> 140, because of interface eth1",
  ]);
  const replayed = new BackgroundProcess(inside(a, [
    ...["curl", "-sN", "-H", "Accept: text/event-stream", "-H", `Last-Event-ID: ${link.id}`],
    `${BASE}/api/v1/events`,
  ]));
  await comes("its own death is an event, too", () => replayed.output.includes("the api role ("));
  await replayed.killTree();
  assertEquals(replayed.output.match(/^id: .*$/m)?.[0], `id: ${priority.id}`);
  await comes("it is master", async () => (await lab.instances())[0]?.state === "master");
});
