// What operators do over the API and from the stats page of a running pair: instances, real servers and configurations, with
// the supervisor's own look at who asks.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, tryRun, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";
import { inside, type TestHost, TwoHosts } from "../support/two_hosts.ts";

const VIP = "10.9.0.100";
const LIMIT_MS = 30_000;
const VS = "tcp%2010.9.0.100:80";
const TOKENS = { operator: `hf_${"o".repeat(43)}`, admin: `hf_${"a".repeat(43)}`, reader: `hf_${"r".repeat(43)}` };

interface Reply {
  readonly status: number;
  readonly headers: string;
  // deno-lint-ignore no-explicit-any -- replies of any kind
  readonly json: any;
}

interface Lab {
  readonly hosts: TwoHosts;
  readonly file: string;
  readonly config: (priority: number, more?: string) => string;
  /** Asks the API of host a by its local socket, or by TCP as somebody. */
  readonly api: (method: string, path: string, body?: unknown, ...args: string[]) => Promise<Reply>;
  readonly as: (role: keyof typeof TOKENS) => Lab["api"];
  readonly holdfast: (...args: string[]) => Promise<{ code: number; output: string }>;
  readonly comes: (what: string, condition: () => boolean | Promise<boolean>) => Promise<void>;
  readonly daemon: BackgroundProcess;
}

apiTest("an operator works instances and real servers over the API", "hfapw1", async (lab) => {
  const { api, as, hosts, comes } = lab;
  const priority = await api("PUT", "/vrrp/instances/VI_1/priority-override", { priority: 60, reason: "test" });
  assertEquals([priority.status, priority.json.done], [200, true], JSON.stringify(priority.json));
  await comes("the other router takes over", () => hosts.has(hosts.b, VIP));
  const said = (await api("GET", "/vrrp/instances/VI_1/override")).json;
  assertEquals([said.priority.priority, said.priority.author, said.priority.reason], [
    60,
    "local administrator",
    "test",
  ]);
  assertEquals((await as("operator")("DELETE", "/vrrp/instances/VI_1/priority-override")).status, 200);
  await comes("it has its addresses again", () => hosts.has(hosts.a, VIP));
  await comes("it is known as master, and its peer", async () => {
    const { state, peer } = (await api("GET", "/vrrp/instances/VI_1")).json;
    return state === "master" && peer !== undefined;
  });

  const rehearsed = await as("operator")("POST", "/vrrp/instances/VI_1:failover?dryRun=true", {});
  assertEquals([rehearsed.status, rehearsed.json], [200, { done: false, text: "VI_1 would resign", warnings: [] }]);
  assert(await hosts.has(hosts.a, VIP));
  const moved = await as("operator")("POST", "/vrrp/instances/VI_1:failover", { holdSeconds: 10 });
  assertEquals(moved.status, 200, JSON.stringify(moved.json));
  await comes("the peer has the address", () => hosts.has(hosts.b, VIP));
  assertEquals((await api("POST", "/vrrp/instances/VI_1:failover", {})).status, 409, "it is not master");
  await comes("it takes over again", () => hosts.has(hosts.a, VIP));
  assertStringIncludes((await api("POST", "/vrrp/instances/VI_1:announce")).json.text, "sent 5 announcements");

  const rs = `/virtual-servers/${VS}/real-servers/10.9.0.11:80`;
  const { headers } = await api("GET", `${rs}/override`);
  assertMatch(headers, /etag: "none"/i);
  const drain = { state: "drain", reason: "new disk", ttlSeconds: 12 };
  const drained = await as("operator")("PUT", `${rs}/admin-state`, drain, "-H", `If-Match: "none"`);
  assertEquals(drained.status, 200, JSON.stringify(drained.json));
  const again = await as("operator")("PUT", `${rs}/weight`, { weight: 5 }, "-H", `If-Match: "none"`);
  assertEquals([again.status, again.json.detail], [412, "an operator has said something else by now"]);
  const shown = (await api("GET", `${rs}/override`)).json;
  assertEquals([shown.mode, shown.author, shown.reason], ["drain", "token operator", "new disk"]);
  assertEquals((await api("GET", rs)).json.presence, "draining");
  const last = await api("PUT", "/virtual-servers/" + VS + "/real-servers/10.9.0.12:80/admin-state", {
    state: "maint",
  });
  assertEquals(last.status, 409, "it is the last one");
  await comes("its time is over", async () => (await api("GET", `${rs}/override`)).json.mode === undefined);
  assertEquals((await api("GET", rs)).json.presence, "present");
  const forced = await api("PUT", `${rs}/health-override`, { state: "down" });
  assertEquals(forced.status, 200);
  await comes("it counts as down", async () => (await api("GET", rs)).json.operState === "down");
  assertEquals((await api("DELETE", `${rs}/health-override`)).status, 200);
  await comes("it is up again", async () => (await api("GET", rs)).json.operState === "up");
  assertStringIncludes((await api("POST", `${rs}:check-now`)).json.text, "1 check begins now");

  // This machine has no slots.
  const slots = (await as("reader")("GET", "/update")).json;
  assertEquals([slots.appliance, slots.slots], [false, []]);
  const update = { url: "https://updates.example/u" };
  assertEquals((await as("operator")("POST", "/update", update)).status, 403);
  const nowhere = await as("admin")("POST", "/update", update);
  assertEquals([nowhere.status, nowhere.json.detail], [409, "this is not the appliance: packages are updated by apt"]);

  // Nobody but operators, whoever asks where.
  for (const [who, status] of [[as("reader"), 403], [lab.as("operator"), 200]] as const) {
    assertEquals((await who("PUT", `${rs}/weight`, { weight: 2 })).status, status);
  }
  const anybody = await tryRun(...inside(hosts.a, [
    ...["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--json", "{}"],
    `http://127.0.0.1:8404/api/v1/vrrp/instances/VI_1:failover`,
  ]));
  assertEquals(anybody.output, "403", "loopback without credentials may only read");
  await comes("it is remembered who did what", async () => {
    const audit = (await api("GET", "/audit")).json as { action: string; actor: string; outcome: string }[];
    const has = (action: string, actor: string, outcome: string): boolean =>
      audit.some((entry) => entry.action === action && entry.actor === actor && entry.outcome === outcome);
    return has("weight", "token operator", "done") && has("weight", "token operator", "refused");
  });
  assertStringIncludes((await lab.holdfast("events")).output, "token operator: new disk");
});

apiTest(
  "a configuration is taken over on trial, confirmed, rolled back, or refused as a whole",
  "hfapw2",
  async (lab) => {
    const { api, as, hosts, config, file, comes } = lab;
    const onDisk = (): string => Deno.readTextFileSync(file);
    const first = onDisk();
    const difference = await as("operator")("POST", "/config:diff", { text: config(120) });
    assertEquals(difference.status, 200, JSON.stringify(difference.json));
    assertEquals(difference.json.changes.map((change: { details: string[] }) => change.details), [[
      "priority 100 -> 120",
    ]]);
    assertEquals((await as("operator")("PUT", "/config", { text: config(120) })).status, 403, "that needs an admin");
    assertEquals((await as("admin")("PUT", "/config?dryRun=true", { text: config(120) })).json.done, false);

    const base = async (): Promise<number> => (await api("GET", "/vrrp/instances/VI_1")).json.priority.base;
    const trial = await as("admin")("PUT", "/config", { text: config(120), confirmWithinSeconds: 12 });
    assertEquals(trial.status, 202, JSON.stringify(trial.json));
    assertMatch(trial.headers, /location: \/api\/v1\/tasks\//i);
    assertEquals((await api("GET", `/tasks/${trial.json.task}`)).json.state, "running");
    await comes("it runs", async () => await base() === 120);
    assertEquals(onDisk(), first, "a trial is not in the file");
    assertEquals((await api("PUT", "/config", { text: config(130) })).status, 409, "one trial at a time");
    await comes("nobody confirms it", async () => await base() === 100);
    const task = async (): Promise<string> => (await api("GET", `/tasks/${trial.json.task}`)).json.state;
    await comes("the task says so", async () => await task() === "rolled_back");
    assert(await hosts.has(hosts.a, VIP), "it was master all the time");

    assertEquals((await as("admin")("PUT", "/config", { text: config(121), confirmWithinSeconds: 60 })).status, 202);
    const confirmed = await as("admin")("POST", "/config:confirm");
    assertEquals(confirmed.status, 200, JSON.stringify(confirmed.json));
    assertEquals(onDisk(), config(121), "what is confirmed is in the file");
    assertEquals(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600, "as secret as it was");

    const { headers } = await api("GET", "/config");
    const etag = headers.match(/^etag: (.*)$/im)?.[1]?.trim() ?? "";
    assertEquals((await api("PUT", "/config", { text: config(122) }, "-H", `If-Match: "old"`)).status, 412);
    assertEquals((await api("PUT", "/config", { text: config(122) }, "-H", `If-Match: ${etag}`)).status, 200);
    assertEquals(onDisk(), config(122));
    const back = await api("POST", "/config:rollback");
    assertEquals(back.status, 200, JSON.stringify(back.json));
    assertEquals(onDisk(), config(121));
    await comes("it runs again", async () => await base() === 121);

    for (
      const [text, status, why] of [
        ["vrrp_instance:\n  VI_1: 3\n", 422, "the configuration is wrong"],
        [config(121, "    notify_master: /bin/false\n"), 403, "commands and files"],
        [config(121).replace("role: operator", "role: admin"), 403, "whom to trust"],
        [`${config(121)}SSL: { password: REDACTED }\n`, 422, "REDACTED in place of a secret"],
      ] as const
    ) {
      const refused = await api("PUT", "/config", { text });
      assertEquals(refused.status, status, JSON.stringify(refused.json));
      assertStringIncludes(refused.json.detail, why);
    }
    assertEquals([await base(), onDisk()], [121, config(121)], "nothing of that was taken");
    const history = (await api("GET", "/config/history")).json;
    assertEquals(history.map((entry: { origin: string }) => entry.origin), [
      "rollback",
      "apply",
      "apply",
      "rollback",
      "apply",
      "start",
    ]);
    // The file again, by the usual way.
    Deno.writeTextFileSync(file, config(123));
    assertEquals((await as("operator")("POST", "/config:reload", {})).status, 200);
    await comes("it was read", async () => await base() === 123);
    assert(!/Entering MASTER[^]*Entering/.test(lab.daemon.output), lab.daemon.output);
  },
);

apiTest("the page's form drains, and nothing but the page's form does", "hfapw3", async ({ hosts, api, comes }) => {
  const curl = async (...args: string[]): Promise<string> =>
    (await tryRun(...inside(hosts.a, ["curl", "-s", "-m", "10", ...args]))).output;
  const page = "http://127.0.0.1:8404/stats";
  const user = ["-u", "olivia:works"];
  assert(!(await curl(page)).includes('<form class="admin"'), "who only reads has no form");
  assertStringIncludes(await curl(page), `href="/login"`);
  assertMatch(await curl("-i", "http://127.0.0.1:8404/login"), /^HTTP\/1.1 401[^]*www-authenticate: Basic/i);
  const [, token = ""] = (await curl(...user, page)).match(/name="token" value="([\w-]+)"/) ?? [];
  const fields = ["b=tcp 10.9.0.100:80", "s=10.9.0.11:80", "action=drain", "reason=page"];
  const post = (form: readonly string[], ...args: string[]): Promise<string> =>
    curl(
      ...form.flatMap((field) => ["--data-urlencode", field]),
      "-o",
      "/dev/null",
      "-w",
      "%{http_code} %header{location}",
      ...args,
    );
  assertEquals(await post(fields, ...user, page), "303 /stats;st=DENY");
  assertEquals(await post([...fields, `token=${token}`], page), "403 ");
  assertEquals(await post([...fields, `token=${token}`], ...user, "-H", "Origin: http://evil.example", page), "403 ");
  assertEquals((await api("GET", "/overrides")).json.servers, []);
  assertEquals(await post([...fields, `token=${token}`], ...user, `${page};norefresh`), "303 /stats;norefresh;st=DONE");
  await comes("it drains", async () => (await curl(page)).includes(">DRAIN<"));
  assertStringIncludes(await curl(`${page};st=DONE`), "Done.");
  const [override] = (await api("GET", "/overrides")).json.servers;
  assertEquals([override.override.author, override.override.reason], ["olivia", "page"]);
});

function apiTest(name: string, hostsName: string, body: (lab: Lab) => Promise<void>): void {
  testWith(["root", "program:ip", "program:curl"], name, async () => {
    const hosts = await TwoHosts.create(hostsName);
    const folder = await Deno.makeTempDir();
    const server = new BackgroundProcess(inside(hosts.a, ["python3", "-m", "http.server", "80"]));
    const sums = Object.fromEntries(
      await Promise.all(Object.entries(TOKENS).map(async ([role, token]) => [role, await sha256Of(token)])),
    );
    const config = (priority: number, more = "", socket = `${folder}/run/api.sock`): string =>
      `api:
  socket: ${socket}
  users:
    - { name: olivia, password: works, role: operator }
  tokens:
${Object.entries(sums).map(([role, sha256]) => `    - { name: ${role}, sha256: ${sha256}, role: ${role} }`).join("\n")}
vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    version: 3
    priority: ${priority}
    advert_int: 0.1
    virtual_ipaddress:
      - ${VIP}/24
${more}virtual_server:
  - address: 10.9.0.100
    port: 80
    delay_loop: 30
    lvs_sched: wrr
    lvs_method: NAT
    protocol: TCP
    real_server:
      - address: 10.9.0.11
        port: 80
        weight: 3
        MISC_CHECK: { misc_path: /bin/true }
      - address: 10.9.0.12
        port: 80
`;
    const start = (host: TestHost, path: string, text: string): BackgroundProcess => {
      Deno.writeTextFileSync(path, text, { mode: 0o600 });
      return new BackgroundProcess(
        inside(host, [...holdfastCommand(), "run", "-f", path, "--journal", `${path}.journal`]),
      );
    };
    const file = `${folder}/holdfast.yaml`;
    const daemon = start(hosts.a, file, config(100));
    const peer = start(hosts.b, `${folder}/peer.yaml`, config(80, "", `${folder}/peer/api.sock`));
    const ask = (way: readonly string[]): Lab["api"] => async (method, path, sent, ...args) => {
      const data = sent === undefined
        ? method === "POST" ? ["-H", "Content-Type: application/json"] : []
        : ["-H", "Content-Type: application/json", "--data-binary", JSON.stringify(sent)];
      const command = [
        "curl",
        "-s",
        "-i",
        "-m",
        "20",
        "-X",
        method,
        ...data,
        ...args,
        ...way.slice(1),
        `${way[0]}/api/v1${path}`,
      ];
      const { output } = await tryRun(...inside(hosts.a, command));
      const [headers = "", text = ""] = output.split(/\r\n\r\n(.*)/s);
      return {
        status: Number(headers.match(/^HTTP\/1.1 (\d+)/)?.[1]),
        headers,
        json: text === "" ? {} : JSON.parse(text),
      };
    };
    const comes: Lab["comes"] = (what, condition) =>
      until(what, condition, LIMIT_MS, () => `${daemon.output}\n---\n${peer.output}`);
    try {
      await comes("it is master", () => hosts.has(hosts.a, VIP));
      const api = ask(["http://localhost", "--unix-socket", `${folder}/run/api.sock`]);
      await comes("it serves", async () => (await api("GET", "/virtual-servers")).json.length === 1);
      await body({
        hosts,
        file,
        config: (priority, more) => config(priority, more),
        api,
        as: (role) => ask(["http://127.0.0.1:8404", "-H", `Authorization: Bearer ${TOKENS[role]}`]),
        holdfast: async (...args) => await tryRun(...inside(hosts.a, [...holdfastCommand(), ...args])),
        comes,
        daemon,
      });
    } finally {
      for (const process of [daemon, peer, server]) await process.killTree();
      await Deno.remove(folder, { recursive: true });
      await hosts.close();
    }
  });
}

async function sha256Of(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
