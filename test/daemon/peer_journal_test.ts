// Two journals as one story: the peer's asked for over its API, and read from a copy of its file whose clock was another.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { encodeRecord } from "../../src/core/journal/record.ts";
import { RingReader } from "../../src/daemon/journal/ring_file.ts";
import { run } from "../support/command.ts";
import { pairTest } from "../support/pair.ts";

const VIP = "10.9.0.100";
const TOKEN = `hf_${"p".repeat(43)}`;

const OURS = `vrrp_instance VI_1 {
  interface eth0
  version 3
  virtual_router_id 51
  priority 100
  advert_int 0.1
  track_interface {
    eth1 weight -60
  }
  virtual_ipaddress {
    ${VIP}/24
  }
}
`;

const theirs = (address: string, sha256: string): string =>
  `api:
  listen: [{ address: ${address}, port: 8405, allow_insecure: true }]
  tokens: [{ name: peer, sha256: ${sha256}, role: reader }]
vrrp_instance:
  VI_1:
    interface: eth0
    version: 3
    virtual_router_id: 51
    priority: 90
    advert_int: 0.1
    virtual_ipaddress: [${VIP}/24]
`;

/** What happened where, without times. */
function told(story: string): string[] {
  return story.trimEnd().split("\n").slice(2).map((line) => line.replace(/^[> ] *[+-][\d.]+ s {2}/, ""));
}

pairTest("why --peer tells a hand-over as both nodes saw it, in order", "hfpeer", async (pair) => {
  const { hosts: { a, b }, holdfast, has, comes, folder } = pair;
  const sw = a.namespace.replace(/a$/, "sw");
  await run("ip", "link", "add", "eth1", "netns", a.namespace, "type", "veth", "peer", "name", "p1", "netns", sw);
  await run("ip", "-n", sw, "link", "set", "p1", "up");
  await run("ip", "-n", a.namespace, "link", "set", "eth1", "up");
  await Deno.writeTextFile(`${folder}/token`, `${TOKEN}\n`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(TOKEN)));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  await Deno.writeTextFile(`${folder}/b.yaml`, theirs(b.address, sha256));
  pair.start(a, OURS, "--journal", `${folder}/a/journal`);
  await comes("a is master", () => has(a, VIP));
  pair.start(b, "", "-f", `${folder}/b.yaml`, "--api", "127.0.0.1:8404", "--journal", `${folder}/b/journal`);
  await comes("b listens", async () => (await holdfast(b, "vrrp")).output.includes("BACKUP"));
  await run("ip", "-n", sw, "link", "set", "p1", "down");
  await comes("b takes over", () => has(b, VIP));
  await comes("a has given way", async () => !await has(a, VIP));

  const expected = [
    /^here {2}interface eth1 is down$/,
    /^here {2}VI_1: effective priority 100 -> 40, because of interface eth1$/,
    /^peer {2}VI_1: BACKUP -> MASTER: 10\.9\.0\.1 was master with the lower priority 40 \(heard .*\), and this one preempts$/,
    /^peer {2}VI_1: added 10\.9\.0\.100$/,
    /^peer {2}VI_1: sent 5 gratuitous ARP and neighbor advertisements$/,
    /^here {2}VI_1: MASTER -> BACKUP: advertisement of higher priority 90$/,
    /^here {2}VI_1: removed 10\.9\.0\.100$/,
  ];
  const check = (story: string): void => {
    const lines = told(story).slice(-expected.length); // what came shortly before is told, too
    for (const [at, wanted] of expected.entries()) assert(wanted.test(lines[at] ?? ""), `${wanted}\n${story}`);
  };
  const url = `http://${b.address}:8405`;
  const peer = ["--peer", url, "--peer-token", `${folder}/token`];
  await comes("b's api tells", async () => (await holdfast(a, "why", VIP, ...peer)).output.includes("sent 5"));
  const live = await holdfast(a, "why", VIP, ...peer);
  assertEquals(live.code, 0, live.output);
  check(live.output);
  assert(
    /^\(the peer's clock (says what this one's says|is [\d.]+ s (ahead|behind)), measured now to /m.test(live.output),
  );
  const json = JSON.parse((await holdfast(a, "why", VIP, "--json", ...peer)).output);
  assertEquals([json.entries.at(-1).node, json.clock.isContradictory], ["here", false]);
  assert(json.clock.uncertaintyMs < 1000, JSON.stringify(json.clock));

  const shifted = new RingReader(`${folder}/b/journal`).read()
    .map((entry) => encodeRecord({ ...entry, atMs: entry.atMs + 20_000 }) ?? new Uint8Array());
  await Deno.writeFile(`${folder}/copy`, new Uint8Array(await new Blob(shifted as BlobPart[]).arrayBuffer()));
  const copied = await holdfast(a, "why", "VI_1", "--peer", `${folder}/copy`);
  check(copied.output);
  assertStringIncludes(
    copied.output,
    "(the peer's times are as its own clock said; they are told 20 s earlier, so that",
  );

  const refused = await holdfast(a, "why", "--peer", url);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.output, "it answers 401");
  assertStringIncludes(
    (await holdfast(a, "why", "--peer", "/nowhere")).output,
    "there is nothing in the journal /nowhere",
  );
  const silent = await holdfast(a, "why", "--peer", `http://${b.address}:9`);
  assertEquals([silent.code, silent.output.includes("cannot be read")], [1, true], silent.output);
});
