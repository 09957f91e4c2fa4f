// An address of the API that asks for client certificates: who comes in, as whom, and who does not. Where the runtime cannot ask
// for any, the configuration is refused and says so.
import { asksForCertificates } from "../../src/config/runtime.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { Authority } from "../support/client_certificates.ts";
import { BackgroundProcess, run, tryRun, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";
import { inside, type TestHost, TwoHosts } from "../support/two_hosts.ts";

const NAME = "hfmtls";
const LIMIT_MS = 20_000;
const TOKEN = `hf_${"t".repeat(43)}`;

testWith(
  ["root", "program:ip", "program:curl", "program:openssl"],
  "who shows a certificate of the authority is who it names; nobody else comes in",
  async () => {
    const hosts = await TwoHosts.create(NAME);
    const folder = await Deno.makeTempDir();
    const file = `${folder}/holdfast.yaml`;
    const processes: BackgroundProcess[] = [];
    const background = (host: TestHost, ...command: string[]): BackgroundProcess => {
      const process = new BackgroundProcess(inside(host, command));
      processes.push(process);
      return process;
    };
    try {
      const authority = await Authority.create(folder, "ours");
      const other = await Authority.create(folder, "theirs");
      const server = await authority.sign("server", { usage: "serverAuth", san: `IP:${hosts.a.address},IP:127.0.0.1` });
      const [alice, carol, unknown, over, forServers, twoNames, foreign] = await Promise.all([
        authority.sign("alice"),
        authority.sign("carol"),
        authority.sign("mallory"),
        authority.sign("late", { subject: "/CN=alice", days: -1 }),
        authority.sign("web", { subject: "/CN=alice", usage: "serverAuth" }),
        authority.sign("two", { subject: "/CN=alice/CN=carol" }),
        other.sign("alice"),
      ]);
      const tokenSum = await sha256Of(TOKEN);
      const write = (certificates: string): void =>
        Deno.writeTextFileSync(
          file,
          `api:
  listen:
    - address: ${hosts.a.address}
      port: 8406
      certificate: ${server.cert}
      key: ${server.key}
      client_ca: ${authority.path}
    - { address: 127.0.0.1, port: 8407, certificate: ${server.cert}, key: ${server.key}, client_ca: ${authority.path} }
    - { address: ${hosts.a.address}, port: 8408, certificate: ${server.cert}, key: ${server.key} }
  certificates:
    ${certificates}
  tokens:
    - { name: test, sha256: ${tokenSum}, role: admin }
vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    virtual_ipaddress: [10.9.0.100/24]
`,
          { mode: 0o600 },
        );
      const both = "- { name: alice, role: operator }\n    - { name: carol, role: reader }";
      write(both);
      if (!await runtimeAsks()) {
        const { code, output } = await tryRun(...holdfastCommand(), "check", "-f", file, "--no-interfaces");
        assertEquals(code, 1, output);
        assertMatch(output, /`client_ca` needs a Holdfast that is built with Deno 2\.9 or newer; this one has 2\./);
        return;
      }
      const daemon = background(hosts.a, ...holdfastCommand(), "run", "-f", file);
      const far = `https://${hosts.a.address}:8406`;
      const curl = async (from: TestHost, ...args: readonly string[]): Promise<string> =>
        (await tryRun(
          ...inside(from, ["curl", "-s", "--cacert", authority.path, "-m", "5", "-w", "\n%{http_code}", ...args]),
        )).output;
      const status = async (from: TestHost, ...args: readonly string[]): Promise<string> =>
        (await curl(from, ...args)).split("\n").at(-1) ?? "";
      const comes = (what: string, condition: () => boolean | Promise<boolean>): Promise<void> =>
        until(what, condition, LIMIT_MS, () => processes.map(({ output }) => output).join("\n---\n"));
      await comes("it serves", async () => await status(hosts.a, "http://127.0.0.1:8404/healthz") === "200");
      await comes("all of it is served", () => daemon.output.includes(":8408/stats"));

      // Who may not come in.
      assertEquals(await status(hosts.b, `${far}/stats`), "000", "without a certificate");
      assertEquals(await status(hosts.b, `${far}/healthz`), "000", "not even there");
      assertEquals(await status(hosts.b, `${far}/stats`, "-H", `Authorization: Bearer ${TOKEN}`), "000");
      assertEquals(await status(hosts.a, "https://127.0.0.1:8407/stats"), "000", "nor over loopback");
      assertEquals(await status(hosts.b, `${far}/stats`, ...foreign.curl), "000", "of another authority");
      assertEquals(await status(hosts.b, `${far}/stats`, ...over.curl), "000", "one that is over");
      assertEquals(await status(hosts.b, `${far}/stats`, ...forServers.curl), "000", "one for servers");
      assertEquals(await status(hosts.b, `${far}/stats`, ...unknown.curl), "401", "a name that is not in the list");
      assertEquals(await status(hosts.b, `${far}/stats`, ...twoNames.curl), "401", "two names are none");
      const forged = [
        "X-SSL-Client-CN: alice",
        "X-Client-Cert: alice",
        "X-Forwarded-User: alice",
        "SSL_CLIENT_S_DN: CN=alice",
      ]
        .flatMap((header) => ["-H", header]);
      assertEquals(await status(hosts.b, `${far}/stats`, ...unknown.curl, ...forged), "401", "headers say nothing");
      assertEquals(await status(hosts.b, `https://${hosts.a.address}:8408/stats`, ...forged), "401", "nowhere");
      assertEquals(
        await status(hosts.b, `https://${hosts.a.address}:8408/stats`, ...alice.curl),
        "401",
        "a certificate counts where it is asked for",
      );

      // Who may, and what.
      const hold = ["-X", "PUT", "--json", "{}", `${far}/api/v1/vrrp/instances/VI_1/hold`];
      assertEquals(await status(hosts.b, `${far}/stats`, ...carol.curl), "200");
      assertEquals(await status(hosts.b, ...hold, ...carol.curl), "403");
      await comes("an operator may", async () => await status(hosts.b, ...hold, ...alice.curl) === "200");
      assertEquals(await status(hosts.b, `${far}/api/v1/audit`, ...alice.curl), "403");
      const token = ["-H", `Authorization: Bearer ${TOKEN}`];
      const audit = await curl(hosts.b, `${far}/api/v1/audit`, ...carol.curl, ...token);
      assertStringIncludes(audit, `"actor":"certificate alice"`);
      assertEquals(await status(hosts.b, `${far}/stats`, ...alice.curl, "-H", "Authorization: Bearer x"), "401");

      // The same guards as everywhere.
      assertEquals(await status(hosts.b, `${far}/stats`, ...alice.curl, "-H", "Host: evil.example"), "421");
      assertEquals(await status(hosts.b, ...hold, ...alice.curl, "-H", "Origin: https://evil.example"), "403");
      assertEquals(await status(hosts.b, ...hold, ...alice.curl, "-H", "Content-Type: text/plain"), "415");
      await Deno.writeFile(`${folder}/long`, new Uint8Array(2 << 20).fill(32));
      const long = ["--data-binary", `@${folder}/long`, "-H", "Content-Type: application/json"];
      assertEquals(await status(hosts.b, "-X", "PUT", ...long, hold.at(-1) ?? "", ...alice.curl), "413");
      for (const method of ["HEAD", "OPTIONS"]) {
        const said = await status(
          hosts.b,
          `${far}/stats`,
          ...alice.curl,
          ...(method === "HEAD" ? ["-I"] : ["-X", method]),
        );
        assertEquals(said, method === "HEAD" ? "200" : "405", method);
      }
      const page = await curl(hosts.b, `${far}/stats`, "-i", ...alice.curl);
      assertMatch(page, /content-security-policy: default-src 'none'/i);
      assertStringIncludes(page, "VI_1");
      for (const [name, value] of [["Connection", "close"], ["Host", ""]] as const) {
        assertMatch(await status(hosts.b, `${far}/stats`, ...alice.curl, "-H", `${name}: ${value}`), /^(200|400|421)$/);
      }

      // A stream goes on, and ends with the name.
      const stream = background(
        hosts.b,
        ...["sh", "-c", `curl -sN -m 60 "$@"; echo "ended $?"`, "curl", "--cacert", authority.path, ...alice.curl],
        ...["-H", "Accept: text/event-stream", `${far}/api/v1/events`],
      );
      await comes("it is read", () => stream.output.includes("retry:"));
      assertEquals((await tryRun(...inside(hosts.a, [...holdfastCommand(), "priority", "VI_1", "90"]))).code, 0);
      await comes("it tells what happens", () => stream.output.includes("event: "));
      write("- { name: carol, role: reader }");
      await run(...inside(hosts.a, [...holdfastCommand(), "reload"]));
      await comes("it has ended", () => stream.output.includes("ended"));
      await comes("he is nobody", async () => await status(hosts.b, `${far}/stats`, ...alice.curl) === "401");
      assertEquals(await status(hosts.b, `${far}/stats`, ...carol.curl), "200");
      assert(!/api: .*(error|Error)|Entering FAULT/.test(daemon.output), daemon.output);
    } finally {
      for (const process of processes) await process.killTree();
      await Deno.remove(folder, { recursive: true });
      await hosts.close();
    }
  },
);

/** Whether the Holdfast of the test can: compiled, it may have another runtime than the test. */
async function runtimeAsks(): Promise<boolean> {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(
    file,
    "api:\n  listen: [{ address: 127.0.0.1, port: 1, certificate: /c, key: /k, client_ca: /a }]\n",
  );
  const { output } = await tryRun(...holdfastCommand(), "check", "-f", file);
  await Deno.remove(file);
  const [, version] = output.match(/this one has (\d+\.\d+\.\d+)/) ?? [];
  return version === undefined || asksForCertificates(version);
}

async function sha256Of(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
