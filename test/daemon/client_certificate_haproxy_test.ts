// The example of docs/api.md for client certificates with HAProxy in front, which needs nothing of Holdfast but tokens: who comes
// in, as whom, and who does not.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { Authority } from "../support/client_certificates.ts";
import { BackgroundProcess, run, tryRun, until } from "../support/command.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { testWith } from "../support/requirements.ts";
import { inside, type TestHost, TwoHosts } from "../support/two_hosts.ts";

const NAME = "hfmtlsp";
const LIMIT_MS = 20_000;

testWith(
  ["root", "program:ip", "program:curl", "program:openssl", "program:haproxy"],
  "with HAProxy in front, a certificate stands for a token that only HAProxy knows",
  async () => {
    const hosts = await TwoHosts.create(NAME);
    const folder = await Deno.makeTempDir();
    const processes: BackgroundProcess[] = [];
    const background = (...command: string[]): BackgroundProcess => {
      const process = new BackgroundProcess(inside(hosts.a, command));
      processes.push(process);
      return process;
    };
    const comes = (what: string, condition: () => boolean | Promise<boolean>): Promise<void> =>
      until(what, condition, LIMIT_MS, () => processes.map(({ output }) => output).join("\n---\n"));
    try {
      const [authority, other] = [await Authority.create(folder, "ours"), await Authority.create(folder, "theirs")];
      const server = await authority.sign("server", { usage: "serverAuth", san: `IP:${hosts.a.address}` });
      const [alice, carol, unknown, over, foreign] = await Promise.all([
        authority.sign("alice"),
        authority.sign("carol"),
        authority.sign("mallory"),
        authority.sign("late", { subject: "/CN=alice", days: -1 }),
        other.sign("alice"),
      ]);
      Deno.writeTextFileSync(
        `${folder}/both.pem`,
        Deno.readTextFileSync(server.cert) + Deno.readTextFileSync(server.key),
      );
      Deno.writeTextFileSync(
        `${folder}/holdfast.yaml`,
        `api:
  hosts: [${hosts.a.address}]
vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    virtual_ipaddress: [10.9.0.100/24]
`,
      );
      background(
        ...[...holdfastCommand(), "run", "-f", `${folder}/holdfast.yaml`],
        ...["--journal", "off", "--tokens", `${folder}/tokens`],
      );
      const holdfast = (...args: string[]): Promise<{ code: number; output: string }> =>
        tryRun(...inside(hosts.a, [...holdfastCommand(), ...args]));
      const status = async (from: TestHost, ...args: readonly string[]): Promise<string> =>
        (await tryRun(
          ...inside(from, ["curl", "-s", "--cacert", authority.path, "-m", "5", "-o", "/dev/null"]),
          ...["-w", "%{http_code}", ...args],
        )).output;
      await comes("it serves", async () => await status(hosts.a, "http://127.0.0.1:8404/healthz") === "200");
      const lines: string[] = [];
      for (const [name, role] of [["alice", "operator"], ["carol", "reader"]] as const) {
        const { output } = await holdfast("token", "create", name, "--role", role);
        lines.push(`${name} ${output.match(/^hf_[\w-]{43}$/m)?.[0]}`);
      }
      Deno.writeTextFileSync(`${folder}/map`, `${lines.join("\n")}\n`, { mode: 0o600 });
      Deno.writeTextFileSync(
        `${folder}/haproxy.cfg`,
        example()
          .replaceAll("/etc/haproxy/holdfast-tokens", `${folder}/map`)
          .replace("/etc/haproxy/holdfast.pem", `${folder}/both.pem`)
          .replace("/etc/haproxy/clients.pem", authority.path)
          .replace("192.0.2.1", hosts.a.address),
      );
      await run("haproxy", "-c", "-f", `${folder}/haproxy.cfg`);
      background("haproxy", "-db", "-f", `${folder}/haproxy.cfg`);
      const far = `https://${hosts.a.address}:8406`;
      await comes("it comes in", async () => await status(hosts.b, `${far}/stats`, ...carol.curl) === "200");

      assertEquals(await status(hosts.b, `${far}/healthz`), "000", "without a certificate");
      assertEquals(await status(hosts.b, `${far}/stats`, ...foreign.curl), "000", "of another authority");
      assertEquals(await status(hosts.b, `${far}/stats`, ...over.curl), "000", "one that is over");
      assertEquals(await status(hosts.b, `${far}/stats`, ...unknown.curl), "401", "a name that is not in the list");
      const secret = lines[0]?.split(" ")[1] ?? "";
      const forged = ["-H", `Authorization: Bearer ${secret}`];
      assertEquals(await status(hosts.b, `${far}/stats`, ...unknown.curl, ...forged), "401", "whatever it says");

      const hold = ["-X", "PUT", "--json", "{}", `${far}/api/v1/vrrp/instances/VI_1/hold`];
      assertEquals(await status(hosts.b, ...hold, ...carol.curl), "403");
      assertEquals(await status(hosts.b, ...hold, ...carol.curl, ...forged), "403", "the certificate decides");
      await comes("an operator may", async () => await status(hosts.b, ...hold, ...alice.curl) === "200");
      const from = (origin: string): string[] => ["-H", `Origin: ${origin}`];
      assertEquals(await status(hosts.b, ...hold, ...alice.curl, ...from(`https://${hosts.a.address}:8406`)), "200");
      for (const origin of ["https://evil.example", `http://${hosts.a.address}:8406`, "http://evil.example", "null"]) {
        assertEquals(await status(hosts.b, ...hold, ...alice.curl, ...from(origin)), "403", origin);
      }
      // By another way, a header says nothing.
      const anybody = ["-X", "PUT", "--json", "{}", "http://127.0.0.1:8404/api/v1/vrrp/instances/VI_1/hold"];
      assertEquals(await status(hosts.a, ...anybody, "-H", "X-SSL-Client-CN: alice"), "403");

      assertStringIncludes((await holdfast("token", "revoke", "alice")).output, "is revoked");
      assertEquals(await status(hosts.b, ...hold, ...alice.curl), "401", "at once");
      assertEquals(await status(hosts.b, `${far}/stats`, ...carol.curl), "200");
    } finally {
      for (const process of processes) await process.killTree();
      await Deno.remove(folder, { recursive: true });
      await hosts.close();
    }
  },
);

/** The block of the document. */
function example(): string {
  const document = Deno.readTextFileSync(new URL("../../docs/api.md", import.meta.url));
  const block = document.match(/^```haproxy\n([^]*?)^```/m)?.[1];
  assert(block !== undefined, "docs/api.md has no example for HAProxy");
  return block;
}
