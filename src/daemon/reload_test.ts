import { assertEquals } from "../../test/assert.ts";
import type { Config, VirtualServer, VrrpInstance } from "../config/config.ts";
import { saysTheSame } from "../config/plan.ts";
import { carryOver, type ReloadStep } from "./reload.ts";

function config(instance: string, server: string): Config {
  return {
    routerId: `${instance}${server}`,
    vrrpInstances: [{ name: instance } as VrrpInstance],
    virtualServers: [{ name: server } as VirtualServer],
  } as unknown as Config;
}

/** Two roles that write down what they are asked; the second refuses what `refuses` names. */
function roles(refuses?: string): { steps: ReloadStep[]; told: string[]; current: (config: Config) => void } {
  const told: string[] = [];
  const step = (role: string, part: (config: Config) => readonly { name: string }[]): ReloadStep => ({
    differs: (before, after) => !saysTheSame(part(before), part(after)),
    use: (config) => {
      const text = part(config).map(({ name }) => name).join();
      told.push(`${role} uses ${text}`);
      return Promise.resolve(text === refuses ? `${role} cannot` : undefined);
    },
  });
  return {
    steps: [step("health", (config) => config.virtualServers), step("vrrp", (config) => config.vrrpInstances)],
    told,
    current: ({ routerId }) => told.push(`current ${routerId}`),
  };
}

Deno.test("carryOver() asks each role whose part changed, in order, and no other", async () => {
  const { steps, told, current } = roles();
  assertEquals(await carryOver(config("v1", "s1"), config("v2", "s2"), steps, current), undefined);
  assertEquals(told.splice(0), ["current v2s2", "health uses s2", "vrrp uses v2"]);
  assertEquals(await carryOver(config("v2", "s2"), config("v2", "s3"), steps, current), undefined);
  assertEquals(told.splice(0), ["current v2s3", "health uses s3"]);
  assertEquals(await carryOver(config("v2", "s3"), config("v2", "s3"), steps, current), undefined);
  assertEquals(told, ["current v2s3"]);
});

Deno.test("carryOver() takes everything back when a role refuses", async () => {
  const { steps, told, current } = roles("v2");
  assertEquals(await carryOver(config("v1", "s1"), config("v2", "s2"), steps, current), "vrrp cannot");
  assertEquals(told, [
    "current v2s2",
    "health uses s2",
    "vrrp uses v2",
    "current v1s1",
    "vrrp uses v1",
    "health uses s1",
  ]);
});

Deno.test("carryOver() does not ask those after the one that refuses", async () => {
  const { steps, told, current } = roles("s2");
  assertEquals(await carryOver(config("v1", "s1"), config("v2", "s2"), steps, current), "health cannot");
  assertEquals(told, ["current v2s2", "health uses s2", "current v1s1", "health uses s1"]);
});
