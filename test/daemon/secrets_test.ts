// No secret comes out: every answer that there is, asked by a reader and by an admin, differences of configurations with other
// secrets, what is refused, the log and the journal of a daemon whose configuration is full of them.
import { OPERATIONS } from "../../src/http/api/operations.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, tryRun, until } from "../support/command.ts";
import { EXPIRED_CERTIFICATE, EXPIRED_KEY } from "../support/expired_certificate.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";
import { inside, TwoHosts } from "../support/two_hosts.ts";

const TOKENS = { reader: `hf_${"r".repeat(43)}`, admin: `hf_${"a".repeat(43)}` };
const LIMIT_MS = 20_000;

/** Everything that must not be seen, in its first or second wording. */
function secretsOf(round: 1 | 2): Record<string, string> {
  return {
    pass: `pw-${round}-x`,
    hmac: `hmac-secret-${round}-0123456789abcdef-0123456789`,
    user: `user-password-${round}`,
    page: `page-password-${round}`,
    tls: `tls-passphrase-${round}`,
  };
}

testWith(["root", "program:ip", "program:curl"], "no secret comes out of any answer, log or journal", async () => {
  const hosts = await TwoHosts.create("hfsecret");
  const folder = await Deno.makeTempDir();
  const file = `${folder}/holdfast.yaml`;
  Deno.writeTextFileSync(`${folder}/cert.pem`, EXPIRED_CERTIFICATE);
  Deno.writeTextFileSync(`${folder}/key.pem`, EXPIRED_KEY);
  const sums = await Promise.all(Object.values(TOKENS).map(sha256Of));
  const config = ({ pass, hmac, user, page, tls }: Record<string, string>, priority = 200): string =>
    `api:
  socket: ${folder}/run/api.sock
  listen:
    - { address: 127.0.0.1, port: 8405, certificate: ${folder}/cert.pem, key: ${folder}/key.pem }
  users:
    - { name: alice, password: "${user}", role: reader }
  tokens:
    - { name: reader, sha256: ${sums[0]}, role: reader }
    - { name: admin, sha256: ${sums[1]}, role: admin }
stats:
  auth: ["viewer:${page}"]
SSL: { password: "${tls}" }
vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    version: 2
    priority: ${priority}
    authentication: { auth_type: PASS, auth_pass: ${pass} }
    virtual_ipaddress: [10.9.0.100/24]
  VI_2:
    interface: eth0
    virtual_router_id: 52
    version: 3
    priority: ${priority}
    auth_hmac: { key: { 1: "${hmac}" }, active_key: 1 }
    virtual_ipaddress: [10.9.0.101/24]
virtual_server:
  - address: 10.9.0.100
    port: 80
    lvs_sched: rr
    lvs_method: NAT
    protocol: TCP
    real_server: [{ address: 10.9.0.2, port: 80, TCP_CHECK: { connect_timeout: 1 } }]
`;
  const first = secretsOf(1);
  const others = secretsOf(2);
  const hidden = [...Object.values(first), ...Object.values(others), ...Object.values(TOKENS), ...sums]
    .concat(EXPIRED_KEY.split("\n").filter((line) => line.length > 40));
  Deno.writeTextFileSync(file, config(first), { mode: 0o600 });
  const daemon = new BackgroundProcess(
    inside(hosts.a, [
      ...[...holdfastCommand(), "run", "-f", file],
      ...["--journal", `${folder}/journal`, "--tokens", `${folder}/tokens`],
    ]),
  );
  const curl = async (...args: readonly string[]): Promise<string> =>
    (await tryRun(...inside(hosts.a, ["curl", "-s", "-i", "-m", "15", ...args]))).output;
  const base = "http://127.0.0.1:8404";
  const as = (role: keyof typeof TOKENS): string[] => ["-H", `Authorization: Bearer ${TOKENS[role]}`];
  const bare = (what: string, text: string): void => {
    for (const secret of hidden) assert(!text.includes(secret), `${what} tells ${secret}: ${text.slice(0, 2000)}`);
  };
  try {
    const isMaster = async (): Promise<boolean> => (await curl(`${base}/readyz?role=master`)).includes(" 200 ");
    await until("it is master", isMaster, LIMIT_MS, () => daemon.output);
    const [server] = JSON.parse((await curl(`${base}/api/v1/virtual-servers`)).split("\r\n\r\n")[1] ?? "[]");
    const values: Record<string, string> = {
      name: "VI_1",
      vs: server.uid,
      rs: "10.9.0.2:80",
      id: JSON.parse((await curl(`${base}/api/v1/checks`)).split("\r\n\r\n")[1] ?? "[]")[0].id,
    };
    const created = await curl(...as("admin"), "--json", `{"name":"new","role":"reader"}`, `${base}/api/v1/tokens`);
    hidden.push(created.match(/hf_[\w-]{43}/)?.[0] ?? "nothing was made");

    // What changes configurations first, so that history, tasks and audit have something to hide.
    const body = async (fields: object): Promise<string[]> => {
      await Deno.writeTextFile(`${folder}/body`, JSON.stringify(fields));
      return ["-H", "Content-Type: application/json", "--data-binary", `@${folder}/body`];
    };
    const changed = config({ ...first, pass: others.pass ?? "", hmac: others.hmac ?? "", tls: others.tls ?? "" }, 150);
    const difference = await curl(...as("admin"), ...await body({ text: changed }), `${base}/api/v1/config:diff`);
    assertStringIncludes(difference, "priority 200 -> 150");
    bare("config:diff", difference);
    bare(
      "config:diff",
      await curl(...as("admin"), ...await body({ text: config(others) }), `${base}/api/v1/config:diff`),
    );
    const validated = await body({ text: config(others), syntax: "yaml" });
    bare("config:validate", await curl(...as("admin"), ...validated, `${base}/api/v1/config:validate`));
    const applied = await curl(
      ...[...as("admin"), "-X", "PUT", "-m", "15"],
      ...[...await body({ text: changed, comment: "other passwords" }), `${base}/api/v1/config`],
    );
    assertStringIncludes(applied, " 200 ");
    bare("PUT config", applied);
    for (const text of [config(others), "vrrp_instance: [", changed.replace("eth0", "eth9")]) {
      bare("a refusal", await curl(...as("admin"), "-X", "PUT", ...await body({ text }), `${base}/api/v1/config`));
    }
    // A file that is wrong where a secret stands: what is said of it quotes other lines only.
    const running = Deno.readTextFileSync(file);
    Deno.writeTextFileSync(file, config({ ...others, pass: `${others.pass}-too-long` }).replace("200", "many"));
    const reloaded = await curl(...as("admin"), "--json", "{}", `${base}/api/v1/config:reload`);
    assertStringIncludes(reloaded, "is cut to its first 8 characters");
    assertStringIncludes(reloaded, "priority: many");
    bare("a reload over the API", reloaded);
    bare("a reload", (await tryRun(...inside(hosts.a, [...holdfastCommand(), "reload"]))).output);
    Deno.writeTextFileSync(file, running);
    await until("it is master again", isMaster, LIMIT_MS, () => daemon.output);

    const paths = [
      ...["/stats", "/stats;csv", "/stats;json", "/stats/history", "/stats/live", "/metrics", "/docs", "/nothing"],
      ...OPERATIONS.filter(({ method }) => method === "get").map(({ path }) =>
        `/api/v1${path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? ""))}`
      ),
    ];
    let told = 0;
    for (const path of paths) {
      for (const role of ["reader", "admin"] as const) {
        const limit = path.endsWith("/live") ? ["-m", "3"] : [];
        const text = await curl("-N", ...limit, ...as(role), base + path);
        bare(`${path} to the ${role}`, text);
        if (text.includes(" 200 ")) told++;
      }
    }
    assert(told > paths.length, `${told} answers of ${2 * paths.length}`);
    const stream = ["-N", "-m", "3", "-H", "Accept: text/event-stream", `${base}/api/v1/events?since=0`];
    bare("the stream", await curl(...as("reader"), ...stream));
    for (const command of [["status", "--json"], ["events", "--json"], ["token", "list", "--json"], ["why"]]) {
      const { code, output } = await tryRun(...inside(hosts.a, [...holdfastCommand(), ...command]));
      assertEquals(code, 0, output);
      bare(command.join(" "), output);
    }
    bare("the log", daemon.output);
    bare("the journal", await Deno.readTextFile(`${folder}/journal`));
  } finally {
    await daemon.killTree();
    await Deno.remove(folder, { recursive: true });
    await hosts.close();
  }
});

async function sha256Of(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
