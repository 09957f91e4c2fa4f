// Holdfast and Debian's keepalived on one link, each as master and as backup of the other, through every way to leave and
// to come back.
import { assert } from "../../assert.ts";
import { type BackgroundProcess, pause, until } from "../../support/command.ts";
import { testWith } from "../../support/requirements.ts";
import { TwoHosts } from "../../support/two_hosts.ts";
import { type SpeakerConfig, type SpeakerKind, startSpeaker } from "../../support/vrrp_speaker.ts";

const VIPS = ["10.9.0.100", "10.9.0.101"];
const VIPS6 = ["fe80::9:100", "2001:db8:9::100"];
/** No timing is judged here, only that it comes about; a machine under load is given time. */
const LIMIT_MS = 30_000;

interface Setup {
  readonly name: string;
  readonly a: SpeakerKind;
  readonly b: SpeakerKind;
  readonly common: Omit<SpeakerConfig, "priority">;
  /** Each is the other's only peer; over IPv6 between their second link-local addresses. */
  readonly unicast?: true;
  /** Further lines for keepalived only. */
  readonly keepalived?: readonly string[];
}

const v2 = { version: 2, advertisementIntervalSeconds: 1, password: "secret12", virtualAddresses: VIPS } as const;
const v3 = { version: 3, advertisementIntervalSeconds: 0.1, virtualAddresses: VIPS } as const;
const v6 = { ...v3, virtualAddresses: VIPS6 } as const;
const { password: _, ...bareV2 } = v2;
const ah = { ...bareV2, lines: ["authentication {", "  auth_type AH", "  auth_pass secret12", "}"] } as const;
const vmac = { ...v3, lines: ["use_vmac"] } as const;
const vmac6 = { ...v6, lines: ["use_vmac"] } as const;
const otherGroup = { ...v3, globals: ["vrrp_mcast_group4 224.0.0.77"] } as const;
const oldChecksum = { common: v3, unicast: true, keepalived: ["old_unicast_checksum"] } as const;
const setups: Setup[] = [
  { name: "v2 1 s: holdfast and keepalived", a: "holdfast", b: "keepalived", common: v2 },
  { name: "v2 1 s: keepalived and holdfast", a: "keepalived", b: "holdfast", common: v2 },
  { name: "v2 1 s: holdfast and holdfast", a: "holdfast", b: "holdfast", common: v2 },
  { name: "v2 AH: holdfast and keepalived", a: "holdfast", b: "keepalived", common: ah },
  { name: "v2 AH: keepalived and holdfast", a: "keepalived", b: "holdfast", common: ah },
  { name: "v2 AH unicast: holdfast and keepalived", a: "holdfast", b: "keepalived", common: ah, unicast: true },
  { name: "v3 0.1 s: holdfast and keepalived", a: "holdfast", b: "keepalived", common: v3 },
  { name: "v3 0.1 s: keepalived and holdfast", a: "keepalived", b: "holdfast", common: v3 },
  { name: "v3 0.1 s: holdfast and holdfast", a: "holdfast", b: "holdfast", common: v3 },
  { name: "v2 1 s unicast: holdfast and keepalived", a: "holdfast", b: "keepalived", common: v2, unicast: true },
  { name: "v3 0.1 s unicast: holdfast and keepalived", a: "holdfast", b: "keepalived", common: v3, unicast: true },
  { name: "v3 0.1 s unicast: keepalived and holdfast", a: "keepalived", b: "holdfast", common: v3, unicast: true },
  { name: "IPv6: holdfast and keepalived", a: "holdfast", b: "keepalived", common: v6 },
  { name: "IPv6: keepalived and holdfast", a: "keepalived", b: "holdfast", common: v6 },
  { name: "IPv6: holdfast and holdfast", a: "holdfast", b: "holdfast", common: v6 },
  { name: "IPv6 unicast: holdfast and keepalived", a: "holdfast", b: "keepalived", common: v6, unicast: true },
  { name: "IPv6 unicast: keepalived and holdfast", a: "keepalived", b: "holdfast", common: v6, unicast: true },
  { name: "VMAC: holdfast and keepalived", a: "holdfast", b: "keepalived", common: vmac },
  { name: "VMAC: keepalived and holdfast", a: "keepalived", b: "holdfast", common: vmac },
  { name: "VMAC unicast: holdfast and keepalived", a: "holdfast", b: "keepalived", common: vmac, unicast: true },
  { name: "VMAC over IPv6: holdfast and keepalived", a: "holdfast", b: "keepalived", common: vmac6 },
  { name: "another group: holdfast and keepalived", a: "holdfast", b: "keepalived", common: otherGroup },
  { name: "old checksum: holdfast and keepalived", a: "holdfast", b: "keepalived", ...oldChecksum },
  { name: "old checksum: keepalived and holdfast", a: "keepalived", b: "holdfast", ...oldChecksum },
];

for (const [index, setup] of setups.entries()) {
  testWith(
    ["root", "program:ip", "program:keepalived"],
    `${setup.name}: leave, die, come back higher and lower`,
    () => scenario(setup, `hfka${index}`),
  );
}

async function scenario({ a, b, common, unicast, keepalived = [] }: Setup, name: string): Promise<void> {
  const hosts = await TwoHosts.create(name);
  const folder = await Deno.makeTempDir({ prefix: "holdfast-interop-" });
  const started: BackgroundProcess[] = [];
  const start = (kind: SpeakerKind, host: "a" | "b", priority: number): BackgroundProcess => {
    const peer = host === "a" ? hosts.b : hosts.a;
    const isIpv6 = common.virtualAddresses === VIPS6;
    const [own, other] = isIpv6 ? [hosts[host].address6, peer.address6] : [hosts[host].address, peer.address];
    const lines = unicast ? [`unicast_src_ip ${own}`, `unicast_peer {`, `  ${other}`, `}`] : [];
    if (kind === "keepalived") lines.push(...keepalived);
    const speaker = startSpeaker(kind, hosts[host], { ...common, priority, lines }, folder);
    started.push(speaker);
    return speaker;
  };
  const story = (): string => started.map((speaker) => `--- ${speaker.pid}\n${speaker.output}`).join("\n");
  const holds = async (holder: "a" | "b", what: string): Promise<void> => {
    const other = holder === "a" ? "b" : "a";
    await until(
      `${holder} alone holds the addresses: ${what}`,
      async () => {
        for (const vip of common.virtualAddresses) {
          if (!await hosts.has(hosts[holder], vip) || await hosts.has(hosts[other], vip)) return false;
        }
        return true;
      },
      LIMIT_MS,
      story,
    );
  };
  const stays = async (holder: "a" | "b", what: string): Promise<void> => {
    await pause(6000 * common.advertisementIntervalSeconds);
    await holds(holder, what);
  };
  try {
    let master = start(a, "a", 150);
    const backup = start(b, "b", 100);
    await holds("a", "the higher priority wins the start");
    await stays("a", "the backup hears its advertisements");

    await master.stop();
    await holds("b", "the master left in good order");

    master = start(a, "a", 150);
    await holds("a", "it comes back with a higher priority");

    await master.killTree();
    await hosts.powerOff(hosts.a);
    await holds("b", "the master lost power");

    await hosts.powerOn(hosts.a);
    master = start(a, "a", 50);
    await stays("b", "it comes back with a lower priority");

    await backup.stop();
    await holds("a", "the lower one is all that is left");
    await master.stop();
    assert(!await hosts.has(hosts.a, common.virtualAddresses[0] ?? ""), "nobody is left to hold the addresses");
    assertNoComplaints(story());
  } finally {
    for (const speaker of started) await speaker.killTree();
    await hosts.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Neither side may have found fault with the other's packets. */
function assertNoComplaints(story: string): void {
  for (const word of ["checksum", "invalid", "mismatch", "discarding", "bogus", "incorrect", "Error"]) {
    const line = story.split("\n").find((candidate) => candidate.includes(word));
    // keepalived says that it discards a lower priority while it takes over, and Holdfast that it answers a peer in
    // the peer's form: that is the protocol.
    const expected = ["lower priority", "answering in the same form"].some((phrase) => line?.includes(phrase));
    if (line !== undefined && !expected) throw new Error(`a complaint: ${line}\n${story}`);
  }
}
