// Tokens of a running daemon: made, used and revoked without a restart or a reload, there again after a restart; and streams that
// end with the right to read them.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, tryRun, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";
import { inside, TwoHosts } from "../support/two_hosts.ts";

const LIMIT_MS = 20_000;
const URL_BASE = "http://127.0.0.1:8404";
const STREAM = `${URL_BASE}/api/v1/events`;
const VRRP = `vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: 200
    virtual_ipaddress: [10.9.0.100/24]
`;

interface Lab {
  readonly folder: string;
  /** Writes holdfast.yaml: the section `api`, indented by two. */
  readonly write: (api: string) => void;
  readonly start: () => BackgroundProcess;
  readonly holdfast: (...args: string[]) => Promise<{ code: number; output: string }>;
  /** The status that a request gets. */
  readonly status: (url: string, ...args: string[]) => Promise<string>;
  readonly curl: (...args: string[]) => Promise<string>;
  /** Reads until the other end has enough. */
  readonly follow: (url: string, ...args: string[]) => BackgroundProcess;
  readonly comes: (what: string, condition: () => boolean | Promise<boolean>) => Promise<void>;
}

tokenTest(
  "a token is made, works at once, and works no more when it is revoked or its time is over",
  "hftok1",
  async (lab) => {
    const { holdfast, status, curl, folder, comes, follow } = lab;
    lab.write(`socket: ${folder}/run/api.sock`);
    const daemon = lab.start();
    await comes("it serves", async () => await status(`${URL_BASE}/healthz`) === "200");
    const made = await holdfast("token", "create", "ci", "--role", "operator");
    assertEquals(made.code, 0, made.output);
    const [token = ""] = made.output.match(/^hf_[\w-]{43}$/m) ?? [];
    assertStringIncludes(made.output, "the token ci is operator until it is revoked");
    const bearer = (value: string): string[] => ["-H", `Authorization: Bearer ${value}`];
    const hold = ["-X", "PUT", "--json", "{}", `${URL_BASE}/api/v1/vrrp/instances/VI_1/hold`];
    assertEquals(await status(`${URL_BASE}/api/v1/tokens`, ...bearer(token)), "403", "that is for admins");
    await comes("VRRP is there", async () => (await curl(`${URL_BASE}/api/v1/vrrp/instances`)).includes("VI_1"));
    assertEquals(await status(hold.at(-1) ?? "", ...hold.slice(0, -1), ...bearer(token)), "200");

    const admin = ["--unix-socket", `${folder}/run/api.sock`, "http://localhost/api/v1/tokens"];
    const brief = JSON.parse(await curl("--json", `{"name":"brief","role":"reader","ttlSeconds":10}`, ...admin));
    assertMatch(brief.token, /^hf_[\w-]{43}$/);
    const streams = [token, brief.token].map((value) => follow(STREAM, ...bearer(value)));
    await comes("they are read", () => streams.every(({ output }) => output.includes("retry:")));
    const listed = await curl(...admin);
    assertEquals(
      JSON.parse(listed).map(({ name, role, createdBy }: Record<string, string>) => [name, role, createdBy]),
      [["ci", "operator", "root"], ["brief", "reader", "local administrator"]],
    );
    assert(!listed.includes(token) && !listed.includes(await sha256Of(token)), listed);
    assertMatch((await holdfast("token", "list")).output, /^ci +operator +revoked +root$/m);
    await comes("the brief one's stream ends", () => streams[1]?.output.includes("ended 0") ?? false);
    assertEquals(await status(`${URL_BASE}/api/v1/status`, ...bearer(brief.token)), "401");
    assert(!streams[0]?.output.includes("ended"), "the other one goes on");

    // The daemon's other life: the list is on the disk.
    assertEquals((await holdfast("token", "create", "ci")).code, 1, "its name is taken");
    await daemon.killTree();
    const again = lab.start();
    await comes("it is known again", async () => await status(`${URL_BASE}/api/v1/status`, ...bearer(token)) === "200");
    const stream = follow(STREAM, ...bearer(token));
    await comes("it is read", () => stream.output.includes("retry:"));
    assertEquals(await status(`${admin[2]}/ci`, "-X", "DELETE", ...admin.slice(0, 2)), "200");
    await comes("its stream ends", () => stream.output.includes("ended 0"));
    assertEquals(await status(`${URL_BASE}/api/v1/status`, ...bearer(token)), "401");
    assertEquals((await holdfast("token", "revoke", "ci")).code, 1, "it is gone");
    assertEquals((await holdfast("token", "create", "ci", "--for", "1h")).code, 0, "its name is free");
    assertEquals(await holdfast("token", "revoke", "ci").then(({ output }) => output), "the token ci is revoked\n");
    const audit = await curl(...admin.slice(0, 2), "http://localhost/api/v1/audit");
    assertStringIncludes(audit, `"actor":"local administrator","via":"api","action":"token-revoke","target":"ci"`);
    assertEquals(((await Deno.stat(`${folder}/tokens`)).mode ?? 0) & 0o777, 0o600);
    const everything = daemon.output + again.output + audit + await Deno.readTextFile(`${folder}/journal`);
    for (const secret of [token, brief.token]) {
      assert(
        !everything.includes(secret),
        "no secret in log, audit or journal",
      );
    }
    assert(!/restart|starting again/.test(daemon.output + again.output), "no role was started again for that");
  },
);

tokenTest("who loses the right to read at a reload loses his stream, too", "hftok2", async (lab) => {
  const { status, holdfast, comes, follow } = lab;
  const users = (names: readonly string[]): string =>
    `anonymous: false\n  users:${
      names.map((name) => `\n    - { name: ${name}, password: works, role: reader }`).join("")
    }`;
  lab.write(users(["alice", "bob"]));
  const daemon = lab.start();
  await comes("it serves", async () => await status(`${URL_BASE}/healthz`) === "200");
  const streams = [
    follow(STREAM, "-u", "alice:works"),
    follow(`${URL_BASE}/stats/live`, "-u", "alice:works"),
  ];
  await comes("they are read", () => streams.every(({ output }) => /retry:|event:/.test(output)));
  lab.write(users(["bob"]));
  const { code, output } = await holdfast("reload");
  assertEquals(code, 0, output);
  await comes("they have ended", () => streams.every((stream) => stream.output.includes("ended")));
  await comes("it serves again", async () => await status(`${URL_BASE}/stats`, "-u", "bob:works") === "200");
  assertEquals(await status(STREAM, "-u", "alice:works"), "401");
  assert(!daemon.output.includes("Entering FAULT"), daemon.output);
});

function tokenTest(name: string, hostsName: string, body: (lab: Lab) => Promise<void>): void {
  testWith(["root", "program:ip", "program:curl"], name, async () => {
    const hosts = await TwoHosts.create(hostsName);
    const folder = await Deno.makeTempDir();
    const file = `${folder}/holdfast.yaml`;
    const processes: BackgroundProcess[] = [];
    const background = (command: readonly string[]): BackgroundProcess => {
      const process = new BackgroundProcess(inside(hosts.a, command));
      processes.push(process);
      return process;
    };
    const curl: Lab["curl"] = async (...args) =>
      (await tryRun(...inside(hosts.a, ["curl", "-s", "-m", "10", ...args]))).output;
    try {
      await body({
        folder,
        write: (api) => Deno.writeTextFileSync(file, `api:\n  ${api}\n${VRRP}`, { mode: 0o600 }),
        start: () =>
          background([
            ...holdfastCommand(),
            ...["run", "-f", file, "--journal", `${folder}/journal`, "--tokens", `${folder}/tokens`],
          ]),
        holdfast: async (...args) => await tryRun(...inside(hosts.a, [...holdfastCommand(), ...args])),
        status: (url, ...args) => curl("-o", "/dev/null", "-w", "%{http_code}", ...args, url),
        curl,
        follow: (url, ...args) =>
          background([
            ...["sh", "-c", `curl -sN -m 60 -H 'Accept: text/event-stream' "$@"; echo "ended $?"`, "curl"],
            ...[...args, url],
          ]),
        comes: (what, condition) =>
          until(what, condition, LIMIT_MS, () => processes.map(({ output }) => output).join("\n---\n")),
      });
    } finally {
      for (const process of processes) await process.killTree();
      await Deno.remove(folder, { recursive: true });
      await hosts.close();
    }
  });
}

async function sha256Of(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
