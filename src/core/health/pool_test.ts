import { assertEquals } from "../../../test/assert.ts";
import { dutiesOf, type PoolPolicy } from "./pool.ts";
import { poolDuties, type RealServerStanding, wantedVirtualServers } from "./virtual_server.ts";

const S = 1_000_000;
let count = 0;

function server(more: Partial<RealServerStanding> & { readonly weight?: number } = {}): RealServerStanding {
  const { weight = 1, ...rest } = more;
  const entry = {
    address: `10.0.1.${++count}`,
    port: 80,
    forwardingMethod: "nat",
    weight,
    upperThreshold: 0,
    lowerThreshold: 0,
  } as const;
  return { entry, inhibitOnFailure: false, up: true, ...rest };
}

const dead = (sinceS: number, more: Partial<RealServerStanding> = {}): RealServerStanding =>
  server({ up: false, failure: { sinceUs: sinceS * S, wasUp: true }, ...more });
const policy = (more: Partial<PoolPolicy> = {}): PoolPolicy => ({ backupBelow: 1, ...more });
const last = policy({ failOpen: { mode: "last", windowUs: 10 * S } });
const all = policy({ failOpen: { mode: "all", windowUs: 10 * S } });

Deno.test("dutiesOf() lets a failed server idle without fail_open, whoever else is up", () => {
  assertEquals(dutiesOf(policy(), [server(), dead(1)]), ["serves", "idle"]);
  assertEquals(dutiesOf(policy(), [dead(1), dead(2)]), ["idle", "idle"]);
});

Deno.test("dutiesOf() holds nobody while one server with a weight is up", () => {
  assertEquals(dutiesOf(all, [server(), dead(1), dead(2)]), ["serves", "idle", "idle"]);
  assertEquals(dutiesOf(all, [server({ weight: 0 }), dead(1)]), ["serves", "held"]);
  assertEquals(dutiesOf(all, [server({ draining: true }), dead(1)]), ["idle", "held"]);
});

Deno.test("dutiesOf() with `last` holds those of one outage, not one that had failed long before", () => {
  assertEquals(dutiesOf(last, [dead(5), dead(100), dead(95)]), ["idle", "held", "held"]);
  assertEquals(dutiesOf(last, [dead(90), dead(100)]), ["idle", "held"], "the window is open at its end");
  assertEquals(dutiesOf(all, [dead(5), dead(100), dead(95)]), ["held", "held", "held"]);
});

Deno.test("dutiesOf() with `last` holds no server that was never up, with `all` it does", () => {
  const never = server({ up: false, failure: { sinceUs: 100 * S, wasUp: false } });
  assertEquals(dutiesOf(last, [never, dead(99)]), ["idle", "held"]);
  assertEquals(dutiesOf(last, [never]), ["idle"]);
  assertEquals(dutiesOf(all, [never, dead(1)]), ["held", "held"]);
});

Deno.test("dutiesOf() holds nobody that an operator took out or that no check has found down", () => {
  assertEquals(dutiesOf(all, [server({ up: false }), server({ up: false, draining: true }), dead(1)]), [
    "idle",
    "idle",
    "held",
  ]);
});

Deno.test("dutiesOf() lets backups stand by until fewer than backup_below others are up", () => {
  const backup = (): RealServerStanding => server({ backup: true });
  assertEquals(dutiesOf(policy(), [server(), dead(1), backup(), backup()]), [
    "serves",
    "idle",
    "stands-by",
    "stands-by",
  ]);
  assertEquals(dutiesOf(policy(), [dead(1), dead(1), backup(), backup()]), ["idle", "idle", "serves", "serves"]);
  const two = policy({ backupBelow: 2 });
  assertEquals(dutiesOf(two, [server(), dead(1), backup()]), ["serves", "idle", "serves"]);
  assertEquals(dutiesOf(two, [server(), server(), backup()]), ["serves", "serves", "stands-by"]);
});

Deno.test("dutiesOf() counts no primary that drains or has no weight", () => {
  const backup = server({ backup: true });
  assertEquals(dutiesOf(policy(), [server({ draining: true }), backup]), ["idle", "serves"]);
  assertEquals(dutiesOf(policy(), [server({ weight: 0 }), backup]), ["serves", "serves"]);
});

Deno.test("dutiesOf() holds backups only where no other server can be held", () => {
  assertEquals(dutiesOf(all, [dead(1), dead(1, { backup: true })]), ["held", "idle"]);
  assertEquals(dutiesOf(last, [dead(1), dead(100, { backup: true })]), ["idle", "held"]);
  assertEquals(dutiesOf(all, [dead(1, { backup: true })]), ["held"]);
});

const entry = {
  key: { kind: "address", protocol: "tcp", address: "10.0.0.1", port: 80 },
  scheduler: "rr",
  flags: 0,
  persistenceTimeoutSeconds: 0,
  persistencePrefixLength: 32,
} as const;
const pool = { entries: [entry], quorum: 1, hysteresis: 0, failOpen: { mode: "all", windowUs: S } } as const;

Deno.test("wantedVirtualServers() gives held servers their weight, and those that stand by none", () => {
  const weights = (standings: readonly RealServerStanding[]): number[] | undefined =>
    wantedVirtualServers(pool, standings, true)[0]?.realServers.map(({ weight }) => weight);
  assertEquals(weights([dead(1, { inhibitOnFailure: true }), dead(2)]), [1, 1]);
  assertEquals(weights([server({ weight: 3 }), server({ backup: true, weight: 5 }), dead(1)]), [3, 0]);
});

Deno.test("a sorry server comes before fail_open, needed or not", () => {
  const sorryServer = server().entry;
  const standings = [dead(1), dead(1)];
  assertEquals(poolDuties({ ...pool, sorryServer }, standings), ["idle", "idle"]);
  const [wanted] = wantedVirtualServers({ ...pool, sorryServer }, standings, false);
  assertEquals(wanted?.realServers, [sorryServer]);
});
