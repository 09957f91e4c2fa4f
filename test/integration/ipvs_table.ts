// What the tests against the kernel's IPVS table share: making entries, comparing tables, asking ipvsadm.
import type { IpvsCommand, RealServerEntry, VirtualServerEntry, VirtualServerKey } from "../../src/core/ipvs/table.ts";
import { LinuxIpvs } from "../../src/linux/ipvs.ts";
import { assertEquals } from "../assert.ts";

/** Virtual servers with their real servers, without counters. */
export type Table = readonly { entry: VirtualServerEntry; realServers: readonly RealServerEntry[] }[];

/** Runs a test with an empty table and leaves one behind. */
export function withTable<Result>(body: (ipvs: LinuxIpvs) => Result): Result {
  const ipvs = new LinuxIpvs();
  const cleanUp = (): void => {
    ipvs.apply(ipvs.read().map(({ entry }) => ({ type: "delete-virtual-server", key: entry.key })));
    assertEquals(savedRules(), []);
    ipvs.close();
  };
  let result: Result;
  try {
    result = body(ipvs);
  } catch (error) {
    cleanUp();
    throw error;
  }
  if (result instanceof Promise) return result.finally(cleanUp) as Result;
  cleanUp();
  return result;
}

/** The commands that make the table, from nothing. */
export function additions(table: Table): IpvsCommand[] {
  return table.flatMap(({ entry, realServers }): IpvsCommand[] => [
    { type: "add-virtual-server", entry },
    ...realServers.map((realServer) => ({ type: "add-real-server" as const, key: entry.key, entry: realServer })),
  ]);
}

/** The kernel's table without counters, sorted. */
export function readEntries(ipvs: LinuxIpvs): Table {
  return sortEntries(
    ipvs.read().map(({ entry, realServers }) => ({
      entry,
      realServers: realServers.map((row) => row.entry),
    })),
  );
}

/** The table in an order that depends on nothing but its entries. */
export function sortEntries(table: Table): Table {
  const byText = (left: unknown, right: unknown): number =>
    JSON.stringify(left, ordered) < JSON.stringify(right, ordered) ? -1 : 1;
  return table.map(({ entry, realServers }) => ({ entry, realServers: [...realServers].sort(byText) })).sort(byText);
}

/** Makes JSON independent of the order in which properties were set. */
function ordered(_name: string, value: unknown): unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => left < right ? -1 : 1))
    : value;
}

/** The kernel's table in the words of ipvsadm-save, sorted. */
export function savedRules(): string[] {
  return ipvsadm("-Sn").split("\n").map((line) => line.trim()).filter((line) => line !== "").sort();
}

/** Output of ipvsadm. @throws when it fails */
export function ipvsadm(...args: string[]): string {
  return run("ipvsadm", ...args);
}

/** Output of a program. @throws when it fails */
export function run(program: string, ...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(program, { args }).outputSync();
  const text = new TextDecoder();
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${text.decode(stderr)}${text.decode(stdout)}`);
  return text.decode(stdout);
}

/** A virtual server with the defaults of ipvsadm, not persistent. */
export function virtualServer(key: VirtualServerKey, scheduler: string): VirtualServerEntry {
  const ipv6 = key.kind === "fwmark" ? key.family === 6 : key.address.includes(":");
  return { key, scheduler, flags: 0, persistenceTimeoutSeconds: 0, persistencePrefixLength: ipv6 ? 128 : 32 };
}

/** A real server without connection thresholds. */
export function realServer(
  address: string,
  port: number,
  forwardingMethod: RealServerEntry["forwardingMethod"],
  weight: number,
): RealServerEntry {
  return { address, port, forwardingMethod, weight, upperThreshold: 0, lowerThreshold: 0 };
}
