import { assert, assertEquals } from "../../../test/assert.ts";
import { address, instance, SECOND, World } from "../../../test/support/vrrp_world.ts";
import { toHex } from "../../base/hex.ts";
import { parseIp } from "../../base/ip.ts";
import type { VrrpInstance } from "../../config/config.ts";
import { RuntimeDigests } from "../../linux/digests.ts";
import { readIp } from "../../wire/ip_packet.ts";
import { Advertiser } from "./advertiser.ts";
import { packetAuth } from "./packet_auth.ts";
import { advertiserConfig } from "./terms.ts";

const digests = new RuntimeDigests();
const SOURCE = parseIp("10.9.0.1") ?? new Uint8Array();

/** What another router of the same configuration sends. */
class Sender {
  readonly #advertiser: Advertiser;

  constructor(config: VrrpInstance) {
    this.#advertiser = new Advertiser(advertiserConfig(config, packetAuth(config, digests)));
  }

  next(priority = 200, wallMs = 0): Uint8Array {
    const [packet] = this.#advertiser.next(SOURCE, priority, wallMs);
    assert(packet !== undefined);
    return packet.slice();
  }
}

const ah = instance({
  version: 2,
  vrid: 54,
  authentication: { type: "ah", password: "secret12" },
  virtualAddresses: [address("10.9.0.120")],
});
const secret = Array.from({ length: 32 }, (_, at) => at.toString(16).padStart(2, "0")).join("");
const signed = instance({
  vrid: 61,
  advertisementIntervalUs: SECOND / 2,
  hmac: {
    keys: [{ id: 7, secret: `hex:${secret}` }],
    activeKey: 7,
    timeWindowSeconds: 5,
    antiReplay: "time",
    mode: "enforce",
  },
  virtualAddresses: [address("10.9.0.161")],
});

Deno.test("auth_type AH sends what keepalived sends, with a number that grows", () => {
  const sender = new Sender(ah);
  assertEquals(
    toHex(sender.next(90)),
    "45c0004000010000ff33d0ad0a090001e0000012" + "700400000a09000100000001fb9e21bb3dbffd40ba9b1d60" +
      "21365a01020178460a0900780000000000000000",
  );
  assertEquals(toHex(sender.next(90)).slice(56, 64), "00000002");
});

Deno.test("auth_type AH goes on counting where the last believed packet was, so that a peer's memory of it does not stop us", () => {
  const auth = packetAuth(ah, digests);
  const peer = new Sender(ah);
  for (let count = 0; count < 12; count++) {
    const packet = peer.next(200);
    const ip = readIp(packet, packet.length);
    assert(auth !== undefined && ip.ok);
    assert(typeof auth.unwrap(packet, ip.value, false, 0) !== "string");
  }
  const [packet = new Uint8Array()] = new Advertiser(advertiserConfig(ah, auth)).next(SOURCE, 200, 0);
  assertEquals(toHex(packet).slice(56, 64), "0000000d");
});

Deno.test("auth_hmac sends what keepalived sends", () => {
  const stamp = 0x6b00b410 + 0x97d3 / 0x10000;
  assertEquals(
    toHex(new Sender(signed).next(200, stamp * 1000)),
    "45c0003c00010000ff70d0740a090001e0000012" + "313dc8010032114c0a0900a1" +
      "010700006b00b41097d30000" + "1f55a0957207fe4b4d83346bb8601b0b",
  );
});

for (const [what, config] of [["auth_type AH", ah], ["auth_hmac", signed]] as const) {
  Deno.test(`with ${what} a master gives way to who has the key, and to nobody else`, () => {
    const world = World.ofMasters(config);
    const hear = (packet: Uint8Array): string => {
      world.engine.receive("eth0", packet, packet.length);
      return world.snapshot().state;
    };
    const now = (): number => world.nowUs / 1000;
    const { authentication: _, hmac: __, ...plain } = config;
    assertEquals(hear(new Sender(plain).next(200, now())), "master");
    const stranger = config.hmac === undefined
      ? { ...config, authentication: { type: "ah", password: "guessed" } as const }
      : { ...config, hmac: { ...config.hmac, keys: [{ id: 7, secret: "x".repeat(32) }] } };
    assertEquals(hear(new Sender(stranger).next(200, now())), "master");
    const forged = new Sender(config).next(200, now());
    forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1;
    assertEquals(hear(forged), "master");
    const peer = new Sender(config);
    const [first, second] = [peer.next(200, now()), peer.next(200, now())];
    assertEquals(hear(second), "backup");
    const { advertisementsReceived, discarded } = world.snapshot().counters;
    assertEquals([advertisementsReceived, Object.values(discarded).reduce((sum, count) => sum + count, 0)], [1, 3]);
    hear(second);
    hear(first);
    assertEquals(world.snapshot().counters.discarded["auth-replay"], 2);
    assertEquals(world.snapshot().counters.advertisementsReceived, 1);
  });
}

Deno.test("auth_hmac works over IPv6, and drops what was signed too long ago", () => {
  const config = { ...signed, family: 6, virtualAddresses: [address("fe80::161", { prefixLength: 64 })] } as const;
  const world = World.ofMasters(config);
  const peer = new Advertiser(advertiserConfig(config, packetAuth(config, digests)));
  const hear = (wallMs: number): string => {
    const [packet] = peer.next(parseIp("fe80::2") ?? new Uint8Array(), 200, wallMs);
    world.engine.receive("eth0", packet ?? new Uint8Array(), packet?.length ?? 0);
    return world.snapshot().state;
  };
  const nowMs = world.nowUs / 1000;
  assertEquals(hear(nowMs - 5001), "master");
  assertEquals(world.snapshot().counters.discarded["auth-stale"], 1);
  assertEquals(hear(nowMs), "backup");
});

Deno.test("in the permissive mode what is not signed counts, and what is signed wrong does not", () => {
  const permissive = {
    ...signed,
    hmac: { ...(signed.hmac as NonNullable<typeof signed.hmac>), mode: "permissive" },
  } as const;
  const { hmac: _, ...plain } = signed;
  for (
    const [sender, state] of [[new Sender(plain), "backup"], [
      new Sender({ ...permissive, vrid: 61 }),
      "backup",
    ]] as const
  ) {
    const world = World.ofMasters(permissive);
    const packet = sender.next(200, world.nowUs / 1000);
    world.engine.receive("eth0", packet, packet.length);
    assertEquals(world.snapshot().state, state);
  }
  const world = World.ofMasters(permissive);
  const forged = new Sender(permissive).next(200, world.nowUs / 1000);
  forged.fill(0, -16);
  world.engine.receive("eth0", forged, forged.length);
  assertEquals([world.snapshot().state, world.snapshot().counters.discarded["auth-invalid-hmac"]], ["master", 1]);
});
