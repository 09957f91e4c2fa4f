// Rules about virtual addresses: who has them, who answers for them, who may take them away; and the clock.
import { familyOf } from "../../base/ip.ts";
import type { VrrpInstance } from "../config.ts";
import type { Finding } from "./finding.ts";
import { type Site, sysctlFix } from "./site.ts";

/** All rules of this file. */
export const ADDRESS_RULES: readonly ((site: Site) => Finding[])[] = [
  nobodyHasAddress,
  nobodyAnswers,
  reversePathFilter,
  clockIsWrong,
  networkdTakesAddresses,
  networkdTakesRoutes,
];

/** A virtual server whose address is on no machine gets no packet. */
function nobodyHasAddress(site: Site): Finding[] {
  return site.config.virtualServers
    .filter(({ address }) => address !== "" && site.instanceOf(address) === undefined && !site.has(address))
    .filter(({ address }) => !site.config.staticAddresses.some((fixed) => fixed.address === address))
    .map(({ name, address }) => ({
      code: "address-nowhere",
      severity: "warning",
      about: [name],
      text: `${address} is on no interface, and no instance has it`,
      reason: "the kernel balances what arrives for addresses of its own only; nobody answers ARP for this one",
      fix: `add ${address} to \`virtual_ipaddress\` of an instance, or: ip addr add ${address}/${
        familyOf(address) === 6 ? 128 : 32
      } dev INTERFACE`,
    }));
}

/** What makes a real server silent makes a director silent, too. */
function nobodyAnswers(site: Site): Finding[] {
  return site.virtualAddresses.flatMap(({ instance, address }) => {
    if (familyOf(address.address) === 6) return [];
    const device = address.device || instance.interface;
    const isHidden = device === "lo" || device.startsWith("dummy");
    const asked = isHidden ? instance.interface : device;
    const value = site.effective(asked, "arp_ignore");
    if (value !== 8 && !(isHidden && value > 0)) return [];
    const path = `ipv4/conf/${site.setting("ipv4/conf/all/arp_ignore") === "0" ? asked : "all"}/arp_ignore`;
    return [{
      code: "arp-ignored",
      severity: "error" as const,
      about: [instance.name],
      text: `arp_ignore of ${asked} is ${value}, and ${address.address} is on ${device}`,
      reason: value === 8
        ? "the kernel answers no ARP request for any address: clients find the address by gratuitous ARP at best"
        : "the kernel answers ARP only for addresses of the interface that was asked: it denies this one",
      fix: isHidden && value !== 8
        ? `put the address on ${asked} (\`dev ${asked}\`), or ${sysctlFix(path, "0")}`
        : sysctlFix(path, "0"),
    }];
  });
}

/** Clients from elsewhere come in by one interface and are reached by another. */
function reversePathFilter(site: Site): Finding[] {
  const routes = site.facts.defaultRoutes.filter(({ family }) => family === 4).map(({ device }) => device);
  if (routes.length === 0) return [];
  const devices = new Map<string, string[]>();
  for (const { virtualServer: { address, name } } of site.pairs) {
    const moved = site.instanceOf(address);
    if (moved === undefined || familyOf(address) === 6) continue;
    // The link that an instance has of its own gets the settings that it needs.
    const device = moved.instance.link === undefined ? moved.address.device || moved.instance.interface : "lo";
    if (device === "lo" || device.startsWith("dummy") || routes.includes(device)) continue;
    if (site.effective(device, "rp_filter") === 1) devices.set(device, [...devices.get(device) ?? [], name]);
  }
  return [...devices].map(([device, about]) => ({
    code: "rp-filter",
    severity: "warning",
    about: [...new Set(about)],
    text: `rp_filter of ${device} is 1 (strict), and the default route leaves by ${routes[0]}`,
    reason:
      `packets of clients outside ${device}'s own network come in there, but would be answered by ${routes[0]}: ` +
      "the kernel drops them without a word",
    fix: sysctlFix(`ipv4/conf/${device}/rp_filter`, "2"),
  }));
}

/** `auth_hmac` refuses packets of another time. */
function clockIsWrong(site: Site): Finding[] {
  if (site.facts.clockIsSynchronised !== false) return [];
  const signed = site.config.vrrpInstances.filter(({ hmac }) => hmac?.antiReplay === "time");
  if (signed.length === 0) return [];
  const window = Math.min(...signed.map(({ hmac }) => hmac?.timeWindowSeconds ?? Infinity));
  return [{
    code: "clock-unsynchronised",
    severity: "warning",
    about: signed.map(({ name }) => name),
    text: "the kernel's clock is not synchronised",
    reason:
      `\`auth_hmac\` drops advertisements that are more than ${window} s away from its own clock: then both routers ` +
      "are master",
    fix: "timedatectl set-ntp true, or install chrony; or `anti_replay monotonic`",
  }];
}

/** networkd takes off addresses that it did not put on when it configures a link anew. */
function networkdTakesAddresses(site: Site): Finding[] {
  return (site.facts.networkd?.links ?? []).flatMap(({ interface: name, file, keepConfiguration }) => {
    const keeps = /^(yes|true|on|1|static)$/i.test(keepConfiguration);
    const about = instancesOn(site, name);
    if (keeps || about.length === 0) return [];
    return [{
      code: "networkd-addresses",
      severity: "warning" as const,
      about,
      text: `systemd-networkd manages ${name} with KeepConfiguration=${keepConfiguration}`,
      reason:
        "when networkd starts anew or reconfigures the link it may take off addresses that it does not know, the virtual " +
        "ones included",
      fix: `mkdir -p /etc/systemd/network/${base(file)}.d; printf '[Network]\\nKeepConfiguration=static\\n' > ` +
        `/etc/systemd/network/${base(file)}.d/holdfast.conf; networkctl reload`,
    }];
  });
}

function networkdTakesRoutes({ config, facts }: Site): Finding[] {
  const { networkd } = facts;
  if (networkd === undefined) return [];
  const kinds = [
    {
      manages: networkd.managesForeignRoutes,
      setting: "ManageForeignRoutes",
      what: "virtual_routes",
      about: config.vrrpInstances.filter(({ routes }) => routes.length > 0),
      fixed: config.staticRoutes.length,
    },
    {
      manages: networkd.managesForeignRules,
      setting: "ManageForeignRoutingPolicyRules",
      what: "virtual_rules",
      about: config.vrrpInstances.filter(({ rules }) => rules.length > 0),
      fixed: config.staticRules.length,
    },
  ];
  return kinds.filter(({ manages, about, fixed }) => manages && about.length + fixed > 0).map(
    ({ setting, what, about }) => ({
      code: "networkd-routes",
      severity: "warning",
      about: about.map(({ name }) => name),
      text: `systemd-networkd runs with ${setting}=yes`,
      reason: `it removes what it did not make itself, \`${what}\` included, when it starts anew`,
      fix: `mkdir -p /etc/systemd/networkd.conf.d; printf '[Network]\\n${setting}=no\\n' >> ` +
        "/etc/systemd/networkd.conf.d/holdfast.conf; systemctl restart systemd-networkd",
    }),
  );
}

function instancesOn(site: Site, name: string): string[] {
  const on = ({ instance, address }: { instance: VrrpInstance; address: { device: string } }): boolean =>
    (address.device || instance.interface) === name;
  return [...new Set(site.virtualAddresses.filter(on).map(({ instance }) => instance.name))];
}

function base(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
