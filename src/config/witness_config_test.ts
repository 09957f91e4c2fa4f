import { assertEquals } from "../../test/assert.ts";
import { loadConfig } from "./load.ts";
import type { WitnessConfig } from "./witness_config.ts";

const INSTANCE = `
vrrp_instance:
  VI_1: { interface: eth0, virtual_router_id: 51, virtual_ipaddress: [192.0.2.100/24] }
`;

function load(witness: string): { witness: WitnessConfig | undefined; problems: string[] } {
  const { config, diagnostics } = loadConfig({ path: "x.yaml", text: INSTANCE + witness, hostName: "lb" });
  return { witness: config?.witness, problems: diagnostics.map(({ message }) => message) };
}

Deno.test("witness says whom to ask, how often, and for which instances", () => {
  const { witness, problems } = load(`
witness:
  need: 2
  timeout: 2.5
  when_silent: forbid
  witnesses:
    - { gateway: 192.0.2.1, interface: eth1, interval: 0.5, rise: 1, fall: 4, instances: [VI_1] }
    - { gateway: "2001:db8::1" }
    - { peer_api: "https://198.51.100.2:8405", ca: /etc/ca.pem, token_file: /etc/token }
`);
  assertEquals(problems, []);
  const usual = { intervalMs: 1000, rise: 2, fall: 3 };
  const url = "https://198.51.100.2:8405/api/v1/status";
  assertEquals(witness, {
    need: 2,
    timeoutMs: 2500,
    whenSilent: "forbid",
    witnesses: [
      {
        name: "gateway 192.0.2.1",
        asks: { kind: "gateway", address: "192.0.2.1", interface: "eth1" },
        instances: ["VI_1"],
        intervalMs: 500,
        rise: 1,
        fall: 4,
      },
      { name: "gateway 2001:db8::1", asks: { kind: "gateway", address: "2001:db8::1" }, ...usual },
      {
        name: "peer 198.51.100.2:8405",
        asks: { kind: "peer_api", url, ca: "/etc/ca.pem", tokenFile: "/etc/token" },
        ...usual,
      },
    ],
  });
});

Deno.test("witness asks nobody and waits little if nothing else is said", () => {
  assertEquals(load("").witness, undefined);
  assertEquals(load("witness: { witnesses: [] }\n").witness, undefined);
  const { witness } = load("witness: { witnesses: [{ gateway: 192.0.2.1 }] }\n");
  assertEquals([witness?.need, witness?.timeoutMs, witness?.whenSilent], [1, 5000, "allow"]);
});

Deno.test("witness refuses what would ask nobody, somebody else, or tell a token", () => {
  const problem = (entry: string): string[] => load(`witness: { witnesses: [${entry}] }\n`).problems;
  assertEquals(problem("{ interval: 1 }"), ["a witness needs one of `gateway`, `peer_api` and `etcd`"]);
  assertEquals(problem("{ gateway: 192.0.2.1, peer_api: 'http://a' }"), [
    "a witness needs one of `gateway`, `peer_api` and `etcd`",
  ]);
  assertEquals(problem("{ gateway: router.example }"), ["`gateway` must be an IP address, not `router.example`"]);
  assertEquals(problem("{ gateway: 192.0.2.1, token_file: /x }"), ["`token_file` is not for a witness with `gateway`"]);
  assertEquals(problem("{ gateway: 192.0.2.1, instances: [VI_2] }"), [
    "the witness `192.0.2.1` is for `VI_2`, which is no instance",
  ]);
  assertEquals(problem("{ peer_api: 'ftp://a' }"), ["`peer_api` must be a URL, not `ftp://a`"]);
  assertEquals(problem("{ peer_api: 'https://me:secret@a' }"), ["a `peer_api` with a password: use `token_file`"]);
  assertEquals(problem("{ peer_api: 'http://a', token_file: /x }"), [
    "a token for `http://a` would be read on the way: use https",
  ]);
  assertEquals(problem("{ gateway: 192.0.2.1 }, { gateway: 192.0.2.1 }"), [
    "the witness `gateway 192.0.2.1` is there twice",
  ]);
});

Deno.test("etcd is asked at several URLs, believed at once, and never told a password in the clear", () => {
  const entry = "{ etcd: ['https://192.0.2.1:2379', 'https://192.0.2.2:2379/'], user: lb, password_file: /p, ca: /ca }";
  const { witness, problems } = load(`witness: { witnesses: [${entry}] }\n`);
  assertEquals(problems, []);
  const [etcd] = witness?.witnesses ?? [];
  assertEquals([etcd?.name, etcd?.rise, etcd?.fall], ["etcd 192.0.2.1:2379", 1, 1]);
  assertEquals(etcd?.asks, {
    kind: "etcd",
    urls: ["https://192.0.2.1:2379", "https://192.0.2.2:2379"],
    prefix: "/holdfast",
    ttlSeconds: 5,
    ca: "/ca",
    user: "lb",
    passwordFile: "/p",
  });
  const problem = (entry: string): string[] => load(`witness: { witnesses: [${entry}] }\n`).problems;
  assertEquals(problem("{ etcd: ['192.0.2.1:2379'] }"), ["`etcd` must be URLs, not `192.0.2.1:2379`"]);
  assertEquals(problem("{ etcd: ['http://a'], user: lb }"), [
    "a password for etcd would be read on the way: use https",
  ]);
  assertEquals(problem("{ etcd: ['https://a'], key: /k }"), ["`certificate` and `key` of etcd go together"]);
  assertEquals(problem("{ etcd: ['https://a'], token_file: /k }"), ["`token_file` is not for a witness with `etcd`"]);
});

Deno.test("fencing says what to run and how long, for members of a sync group, too", () => {
  const read = (text: string) => {
    const { config, diagnostics } = loadConfig({ path: "x.yaml", text: INSTANCE + text, hostName: "lb" });
    const { location: _, ...fencing } = config?.fencing ?? { location: undefined };
    return { fencing, problems: diagnostics.map(({ message }) => message) };
  };
  assertEquals(read("fencing: { script: /etc/fence --off, timeout: 3, user: root }\n"), {
    fencing: { script: { command: "/etc/fence --off", user: "root" }, timeoutMs: 3000 },
    problems: [],
  });
  assertEquals(read("fencing: { timeout: 3 }\n").problems, ["`fencing` needs `script`"]);
  assertEquals(read("fencing: { script: /x, instances: [VI_2] }\n").problems, [
    "`fencing` is for `VI_2`, which is no instance",
  ]);
  const grouped = read("fencing: { script: /x }\nvrrp_sync_group: { G: { group: [VI_1] } }\n").problems;
  assertEquals(grouped.filter((problem) => problem.includes("fencing")), []);
});

Deno.test("fencing with a script that is not there is told of: until it is, nobody takes over from a silent master", () => {
  const host = { interfaceNames: () => ["eth0"], script: () => "missing" as const, hasUser: () => true };
  const text = `${INSTANCE}fencing: { script: /etc/fence --off }\n`;
  const { diagnostics } = loadConfig({ path: "x.yaml", text, hostName: "lb", host });
  assertEquals(diagnostics.map(({ message }) => message), ["`/etc/fence` of `fencing` is not there"]);
});
