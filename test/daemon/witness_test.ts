// Witnesses that forbid a running daemon to become master: a gateway that does not answer, and the peer's API.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { makeCertificate } from "../support/certificate.ts";
import { BackgroundProcess, run, tryRun } from "../support/command.ts";
import { daemonTest } from "../support/daemon_test.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { inside, type TestHost } from "../support/two_hosts.ts";

const VIP = "10.9.0.100";

const instance = (priority: number, password: string): string =>
  `vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    version: 2
    priority: ${priority}
    advert_int: 1
    authentication: { auth_type: PASS, auth_pass: ${password} }
    virtual_ipaddress: [${VIP}/24]
`;

/** A daemon on a host with a configuration in YAML, in a folder. */
function startDaemon(host: TestHost, folder: string, config: string): BackgroundProcess {
  const file = `${folder}/${host.namespace}.yaml`;
  Deno.writeTextFileSync(file, config);
  const journal = ["--journal", `${folder}/${host.namespace}.journal`];
  return new BackgroundProcess(inside(host, [...holdfastCommand(), "run", "-f", file, ...journal]));
}

daemonTest(
  "a host that does not reach its gateway does not become master, and one that is master stays it",
  "hfwitgw",
  async ({ hosts, comes, status }) => {
    const folder = await Deno.makeTempDir();
    const answers = (yes: boolean): Promise<string> =>
      run(...inside(hosts.b, ["sh", "-c", `echo ${yes ? 0 : 1} >/proc/sys/net/ipv4/icmp_echo_ignore_all`]));
    await answers(false);
    const witness = (rest: string): string =>
      `witness:
  witnesses:
    - { gateway: ${hosts.b.address}, interval: 0.3, rise: 1, fall: 2 }${rest}
`;
    const daemon = startDaemon(hosts.a, folder, instance(200, "x") + witness(""));
    try {
      const why = `gateway ${hosts.b.address} does not answer`;
      await comes("it waits", () => daemon.output.includes(`would become master, but must not: ${why}`));
      assertStringIncludes(daemon.output, `witness ${why}: speaks against VI_1 becoming master`);
      assertEquals(await hosts.has(hosts.a, VIP), false);
      const [shown] = JSON.parse(await status()).vrrpInstances;
      assertEquals([shown.state, shown.takeoverForbidden.reason], ["backup", why]);
      const table = await tryRun(...inside(hosts.a, [...holdfastCommand(), "status"]));
      assertStringIncludes(table.output, `must not become master: ${why}`);
      const events = await tryRun(...inside(hosts.a, [...holdfastCommand(), "events"]));
      assertStringIncludes(events.output, `VI_1 would become master, but must not: ${why}`);

      await answers(true);
      await comes("it becomes master when the gateway answers", () => hosts.has(hosts.a, VIP));
      const from = daemon.output.length;
      await answers(false);
      await comes("the gateway is gone again", () => daemon.output.slice(from).includes("speaks against"));
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const [later] = JSON.parse(await status()).vrrpInstances;
      assertEquals([later.state, later.takeoverForbidden.reason], ["master", undefined]);
      assert(later.takeoverForbidden.count > 0);

      await answers(true);
      Deno.writeTextFileSync(`${folder}/${hosts.a.namespace}.yaml`, instance(200, "x"));
      const reload = await tryRun(...inside(hosts.a, [...holdfastCommand(), "reload"]));
      assertEquals(reload.code, 0, reload.output);
      assertStringIncludes(daemon.output, "removed witness");
      assertEquals(
        JSON.parse(await status()).vrrpInstances[0].counters.transitions,
        2,
        "a reload without one moves nothing",
      );
    } catch (error) {
      throw new Error(daemon.output, { cause: error });
    } finally {
      await daemon.killTree();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

daemonTest(
  "a host that cannot believe the master's advertisements learns from its API that it is there",
  "hfwitapi",
  async ({ hosts, comes }) => {
    const folder = await Deno.makeTempDir();
    const token = `hf_${"w".repeat(43)}`;
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token))).toHex();
    await makeCertificate(folder, `IP:${hosts.b.address}`);
    Deno.writeTextFileSync(`${folder}/token`, `${token}\n`);
    const api = `api:
  listen:
    - { address: ${hosts.b.address}, port: 8405, certificate: ${folder}/cert.pem, key: ${folder}/key.pem }
  tokens:
    - { name: witness, sha256: ${sha256}, role: reader }
`;
    const witness = `witness:
  timeout: 1
  witnesses:
    - peer_api: https://${hosts.b.address}:8405
      ca: ${folder}/cert.pem
      token_file: ${folder}/token
      interval: 0.5
      rise: 1
      fall: 2
`;
    const started = [startDaemon(hosts.b, folder, instance(100, "theirs") + api)];
    const output = (): string => started.map((daemon) => daemon.output).join("\n---\n");
    try {
      await comes("b is master", () => hosts.has(hosts.b, VIP));
      const a = startDaemon(hosts.a, folder, instance(200, "ours") + witness);
      started.push(a);
      const why = `peer ${hosts.b.address}:8405 says that it is master and healthy`;
      await comes("a waits", () => a.output.includes(`would become master, but must not: ${why}`));
      assertEquals(await hosts.has(hosts.a, VIP), false);
      assert(!output().includes(token), "no secret in the log");
      await started[0]?.killTree();
      await hosts.powerOff(hosts.b);
      await comes("a takes over when b is silent on both ways", () => hosts.has(hosts.a, VIP));
      assertStringIncludes(a.output, `witness peer ${hosts.b.address}:8405 cannot be asked (`);
    } catch (error) {
      throw new Error(output(), { cause: error });
    } finally {
      for (const daemon of started) await daemon.killTree();
      await Deno.remove(folder, { recursive: true });
    }
  },
);
