// From a configuration to how links are watched: delays that cannot do harm, and the interfaces that are asked.
import type { LinkMethod, LinkSettings } from "../ports/link_settings.ts";
import type { Config, VrrpInstance } from "./config.ts";
import type { SyncGroup } from "./config_vrrp.ts";

/**
 * The settings of the interfaces that instances use or track. A delay is cut, as in keepalived, to what a backup waits for
 * before it takes over, less one advertisement: it would become master on a link that is dead.
 */
export function linkSettingsOf({ global, vrrpInstances, syncGroups }: Config): LinkSettings {
  const tracked = [...vrrpInstances, ...syncGroups].flatMap(({ tracking }) =>
    tracking.interfaces.map(({ name }) => name)
  );
  const used = new Set([...vrrpInstances.map((instance) => instance.interface), ...tracked]);
  const limitOf = (name: string): number =>
    Math.min(...vrrpInstances.filter((instance) => uses(instance, syncGroups, name)).map(longestDelayUs));
  const delays = global.interfaceDelays.filter((entry) => used.has(entry.interface)).map((entry) => {
    const limitUs = limitOf(entry.interface);
    return { ...entry, downUs: Math.min(entry.downUs, limitUs), upUs: Math.min(entry.upUs, limitUs) };
  });
  const wanted = new Map(global.linkbeatInterfaces.map(([name = "", method]) => [name, methodOf(method)]));
  const asks = vrrpInstances.filter(({ pollsLink }) => pollsLink).map((instance) => instance.interface);
  const polled = [...used].filter((name) => wanted.has(name) || asks.includes(name) || global.pollsLinks === true);
  return {
    delays,
    polled: polled.map((name) => {
      const method = wanted.get(name);
      return { interface: name, ...(method === undefined ? {} : { method }) };
    }),
  };
}

function uses(instance: VrrpInstance, syncGroups: readonly SyncGroup[], name: string): boolean {
  const groups = syncGroups.filter(({ members }) => members.includes(instance.name));
  const tracked = [instance, ...groups].flatMap(({ tracking }) => tracking.interfaces);
  return instance.interface === name || tracked.some((item) => item.name === name);
}

function longestDelayUs({ advertisementIntervalUs, downTimerAdverts }: VrrpInstance): number {
  return (downTimerAdverts - 1) * advertisementIntervalUs;
}

function methodOf(word: string | undefined): LinkMethod | undefined {
  const upper = word?.toUpperCase();
  return upper === "MII" || upper === "ETHTOOL" || upper === "IOCTL" ? upper : undefined;
}
