// What the daemon serves: the API, metrics and page of a running pair of roles, and what of it a reload changes.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { BackgroundProcess, tryRun } from "../support/command.ts";
import { daemonTest, type Lab } from "../support/daemon_test.ts";
import { EXPIRED_CERTIFICATE, EXPIRED_KEY } from "../support/expired_certificate.ts";
import { holdfastCommand } from "../support/holdfast.ts";
import { inside, type TestHost } from "../support/two_hosts.ts";

const VIP = "10.9.0.100";
const PASSWORD = "pa55word";
const config = (vrid: number, prefix = ""): string =>
  `${prefix}
vrrp_instance VI_${vrid} {
    interface eth0
    virtual_router_id ${vrid}
    version 2
    priority 200
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass ${PASSWORD}
    }
    virtual_ipaddress {
        ${VIP}/24
    }
}
`;

daemonTest(
  "the API tells the running configuration without secrets, metrics count, a reload leaves nothing stale",
  "hfapi",
  async (lab) => {
    await lab.write(config(51));
    const daemon = lab.start();
    await lab.comes("it is master", async () => (await lab.instances())[0]?.state === "master");
    const instance = JSON.parse(await get(lab, "/api/v1/vrrp/instances/VI_51"));
    assertEquals([instance.state, instance.vips[0].present], ["master", true]);
    const running = JSON.parse(await get(lab, "/api/v1/config"));
    assertEquals(running.generation, 1);
    assertStringIncludes(running.text, "virtual_router_id 51");
    assert(!running.text.includes(PASSWORD), running.text);
    const metrics = await get(lab, "/metrics");
    assertStringIncludes(
      metrics,
      `holdfast_vrrp_transitions_total{iname="VI_51",from="backup",to="master",reason="start"} 1`,
    );
    assertStringIncludes(metrics, `holdfast_failover_takeover_seconds_count{iname="VI_51",phase="vip_add"} 1`);
    assertStringIncludes(metrics, `holdfast_process_resident_memory_bytes{component="vrrp"}`);
    await lab.comes(
      "advertisements are measured",
      async () => /holdfast_vrrp_send_delay_seconds_count\{iname="VI_51"\} [1-9]/.test(await get(lab, "/metrics")),
    );
    assertStringIncludes(await get(lab, "/stats"), "VI_51");
    const stream = new BackgroundProcess(inside(lab.hosts.a, ["curl", "-sN", "http://127.0.0.1:8404/stats/live"]));
    await lab.comes("rows are told", () => stream.output.includes(`event: rows\ndata: {"layout":`));
    await stream.killTree();

    await lab.write(config(52));
    assertEquals((await lab.reload()).code, 0);
    await lab.comes(
      "the new configuration is told",
      async () => JSON.parse(await get(lab, "/api/v1/config")).generation === 2,
    );
    await lab.comes("the old instance is gone", async () => !(await get(lab, "/metrics")).includes(`iname="VI_51"`));
    assert(JSON.parse(await get(lab, "/api/v1/config")).etag !== running.etag);
    assert(!daemon.output.includes(PASSWORD), "no secret in the log");
  },
);

async function get(lab: Lab, path: string, ...args: string[]): Promise<string> {
  const url = `http://127.0.0.1:8404${path}`;
  return (await tryRun(...inside(lab.hosts.a, ["curl", "-s", "-m", "5", ...args, url]))).output;
}

daemonTest(
  "with users, tokens, TLS and a local socket: who may come in where, before and after a reload",
  "hfaccess",
  async ({ hosts, comes }) => {
    const folder = await Deno.makeTempDir();
    const token = `hf_${"t".repeat(43)}`;
    const sha256 = await sha256Of(token);
    await Deno.writeTextFile(`${folder}/cert.pem`, EXPIRED_CERTIFICATE);
    await Deno.writeTextFile(`${folder}/key.pem`, EXPIRED_KEY);
    await Deno.chmod(`${folder}/key.pem`, 0o600);
    const write = (role: string): Promise<void> =>
      Deno.writeTextFile(
        `${folder}/holdfast.yaml`,
        `api:
  listen:
    - { address: ${hosts.a.address}, port: 8405, certificate: ${folder}/cert.pem, key: ${folder}/key.pem }
  socket: ${folder}/run/api.sock
  tokens:
    - { name: test, sha256: ${sha256}, role: ${role} }
stats:
  auth: ["viewer:looks"]
vrrp_instance:
  VI_1:
    interface: eth0
    virtual_router_id: 51
    priority: 200
    advert_int: 1
    virtual_ipaddress:
      - ${VIP}/24
`,
      );
    await write("reader");
    const daemon = new BackgroundProcess(
      inside(hosts.a, [...holdfastCommand(), "run", "-f", `${folder}/holdfast.yaml`]),
    );
    const curl = async (from: TestHost, ...args: string[]): Promise<string> =>
      (await tryRun(...inside(from, ["curl", "-sk", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", ...args])))
        .output;
    const far = `https://${hosts.a.address}:8405`;
    const bearer = ["-H", `Authorization: Bearer ${token}`];
    const validate = ["-H", "Content-Type: application/json", "-d", `{"text":""}`];
    try {
      await comes("it serves", async () => await curl(hosts.a, "http://127.0.0.1:8404/healthz") === "200");
      assertEquals(await curl(hosts.b, `${far}/stats`), "401", "nobody from afar without credentials");
      assertEquals(await curl(hosts.b, `${far}/stats`, ...bearer), "200");
      assertEquals(await curl(hosts.b, `${far}/stats`, "-u", "viewer:looks"), "200");
      assertEquals(await curl(hosts.b, `${far}/stats`, "-u", "viewer:guesses"), "401");
      assertEquals(await curl(hosts.b, `${far}/stats`, ...bearer, "-H", "Host: evil.example"), "421");
      assertEquals(await curl(hosts.b, `http://${hosts.a.address}:8405/stats`, ...bearer), "000", "TLS only");
      assertEquals(await curl(hosts.b, `http://${hosts.a.address}:8404/stats`), "000", "loopback is loopback");
      assertEquals(await curl(hosts.a, "http://127.0.0.1:8404/stats"), "200", "loopback may be read");
      assertEquals(await curl(hosts.a, "http://127.0.0.1:8404/api/v1/config:validate", ...validate), "403");
      const local = ["--unix-socket", `${folder}/run/api.sock`, "http://localhost/api/v1/config:validate"];
      assertEquals(await curl(hosts.a, ...local, ...validate), "200", "root by the socket is admin");
      assertEquals(((await Deno.stat(`${folder}/run/api.sock`)).mode ?? 0) & 0o777, 0o600);
      assertEquals(((await Deno.stat(`${folder}/run`)).mode ?? 0) & 0o777, 0o700);
      assertEquals(await curl(hosts.b, `${far}/api/v1/config:validate`, ...bearer, ...validate), "403");
      const config = (await tryRun(...inside(hosts.a, ["curl", "-s", "http://127.0.0.1:8404/api/v1/config"]))).output;
      assert(!config.includes("looks") && !config.includes(sha256) && !config.includes("PRIVATE"), config);

      await comes("it is master", () => hosts.has(hosts.a, VIP));
      await write("operator");
      const { code, output } = await tryRun(...inside(hosts.a, [...holdfastCommand(), "reload"]));
      assertEquals(code, 0, output);
      await comes(
        "the token may do more",
        async () => await curl(hosts.b, `${far}/api/v1/config:validate`, ...bearer, ...validate) === "200",
      );
      assert(await hosts.has(hosts.a, VIP), "VRRP went on");
      assertStringIncludes(daemon.output, "api: settings changed, starting again");
      assert(!daemon.output.includes("Entering FAULT") && !daemon.output.includes(token), daemon.output);
    } finally {
      await daemon.killTree();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

async function sha256Of(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

Deno.test("holdfast credential makes a token and its hash, and the hash of a password", async () => {
  const made = await tryRun(...holdfastCommand(), "credential", "token");
  const [, token = ""] = made.output.match(/^(hf_[\w-]{43})$/m) ?? [];
  assertStringIncludes(made.output, `sha256: ${await sha256Of(token)}`);
  const command = [...holdfastCommand(), "credential", "password"].join(" ");
  const hashed = await tryRun("sh", "-c", `echo secret | ${command}`);
  assertMatch(hashed.output, /^scrypt:[\w-]{22}:[\w-]{43}\n$/);
  assertEquals((await tryRun("sh", "-c", `echo | ${command}`)).code, 1);
});
