// Random configurations: keepalived.conf texts made from the tables of keywords, so that every keyword has its turn.
import { keywordIn, SECTIONS } from "../../src/config/keywords.ts";
import type { SectionName } from "../../src/config/section.ts";
import { typeOf } from "../../src/config/types.ts";
import type { JsonSchema, ValueShape } from "../../src/config/value_type.ts";
import type { Prng } from "../../src/base/prng.ts";

/** Words that only one form fits, by `form`. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  ADDRESS: ["192.0.2.7", "198.51.100.9"],
  GROUP: ["224.0.0.18", "224.0.0.77"],
  INTERFACE: ["eth0", "eth1", "bond0.12"],
  "COMMAND [USER [GROUP]]": ["/usr/bin/true", "\"/usr/bin/test -e '/run/a b'\" nobody", "/bin/x root root"],
  "[COMMAND [USER [GROUP]]]": ["", '"/usr/bin/logger gone"'],
  "USER [GROUP]": ["nobody", "nobody nogroup"],
  "NUMBER [reverse|noreverse]": ["5", "-7", "20 reverse", "-3 reverse"],
  "HOST [PORT]": ["mail.example.com", "192.0.2.25 587"],
  "ADDRESS [PORT]": ["198.51.100.99", "198.51.100.98 80"],
  "[all] SECONDS": ["7", "all 9"],
  "NAT|DR|TUN [type ipip|gue|gre] [port PORT] [nocsum|csum|remcsum]": ["NAT", "DR", "TUN", "TUN type gre csum"],
  "MASK|LENGTH": ["24", "255.255.0.0"],
  "CODE[-CODE]...": ["200", "200-204 301"],
  MD5: ["0123456789abcdef0123456789abcdef"],
  HEX: ["00ff", "01xx"],
  "[HEX]": ["", "0aff"],
  "[NUMBER] [overwrite]": ["", "4", "5 overwrite", "overwrite"],
  "[INTERFACE] [OPTIONS]": ["", "vip1", "vip1 netlink_notify_msg"],
  "PATH [PARAMETER...]": ["/usr/sbin/nginx", "/usr/sbin/nginx -g x"],
  "[tcp NUMBER] [tcpfin NUMBER] [udp NUMBER]": ["tcp 5", "udp 7 tcpfin 3"],
  "CPU...": ["0", "0 3"],
  "START MAX": ["16384 65536"],
  "MTU|ADVERT|BYTES": ["MTU", "4096"],
  PATTERN: ["^ok", '"a b"'],
  "OPTION...": ["caseless", "caseless utf"],
  NAME: ["alpha", "b-2", '"with blank"'],
  PATH: ["/run/x", '"/run/a b"'],
};

/** Keywords that would end the reading of the rest, or need others. */
const LEFT_OUT = new Set([
  "include_check",
  "random_seed",
  "instance",
  "net_namespace",
  "virtual_router_id",
  "interface",
]);

/** A whole text. */
export function randomConfig(random: Prng): string {
  const part = (chance: number, text: () => string): string => random.chance(chance) ? text() : "";
  const names = { script: "chk", file: "val", process: "proc", bfd: "peer" };
  return [
    part(0.7, () => block("global_defs", settings(random, "global_defs", 0.1), 0)),
    part(
      0.8,
      () => block(`vrrp_script ${names.script}`, ["script /usr/bin/true", ...settings(random, "vrrp_script", 0.4)], 0),
    ),
    part(
      0.5,
      () =>
        block(
          `vrrp_track_process ${names.process}`,
          ["process nginx", ...settings(random, "vrrp_track_process", 0.4)],
          0,
        ),
    ),
    part(0.5, () => block(`track_file ${names.file}`, ["file /run/val", ...settings(random, "track_file", 0.5)], 0)),
    part(
      0.5,
      () => block(`bfd_instance ${names.bfd}`, ["neighbor_ip 192.0.2.2", ...settings(random, "bfd_instance", 0.3)], 0),
    ),
    ...Array.from({ length: random.integer(0, 3) }, (_, index) => instance(random, index)),
    ...Array.from({ length: random.integer(0, 3) }, (_, index) => virtualServer(random, index)),
  ].filter((text) => text !== "").join("\n");
}

function instance(random: Prng, index: number): string {
  const version6 = random.chance(0.3);
  const address = (last: number): string => version6 ? `2001:db8:${index}::${last}/64` : `10.0.${index}.${last}/24`;
  const peer = version6 ? "2001:db8::9" : "192.0.2.9";
  const source = version6 ? /^(mcast|unicast)_(src|dst)_ip/ : /^$/;
  return block(`vrrp_instance VI_${index}`, [
    "interface eth0",
    `virtual_router_id ${index + 1}`,
    ...settings(random, "vrrp_instance", 0.15).filter((line) => !source.test(line) && !line.startsWith("native_ipv6")),
    ...block("virtual_ipaddress", [address(1), `${address(2)} dev eth1`], 0).split("\n"),
    ...(random.chance(0.3) ? block("unicast_peer", [`${peer} min_ttl 3`], 0).split("\n") : []),
    ...(random.chance(0.3) ? block("track_script", ["chk weight 3 reverse"], 0).split("\n") : []),
    ...(random.chance(0.3) ? block("track_interface", ["eth7 weight -3", "eth8"], 0).split("\n") : []),
    ...(random.chance(0.3) ? block("authentication", ["auth_type PASS", "auth_pass secret"], 0).split("\n") : []),
  ], 0);
}

const CHECKERS: readonly SectionName[] = [
  "TCP_CHECK",
  "HTTP_GET",
  "SSL_GET",
  "UDP_CHECK",
  "PING_CHECK",
  "SMTP_CHECK",
  "DNS_CHECK",
  "MISC_CHECK",
];

function virtualServer(random: Prng, index: number): string {
  const servers = Array.from({ length: random.integer(1, 4) }, (_, at) => realServer(random, index, at));
  return block(`virtual_server 192.0.2.${index + 1} 80`, [
    "lvs_sched wrr",
    "lvs_method NAT",
    "protocol TCP",
    ...settings(random, "virtual_server", 0.15),
    ...servers.flatMap((server) => server.split("\n")),
  ], 0);
}

function realServer(random: Prng, index: number, at: number): string {
  const checkers = CHECKERS.filter(() => random.chance(0.2)).map((name) => {
    const needed: Record<string, string[]> = {
      HTTP_GET: block("url", ["path /", ...settings(random, "HTTP_GET url", 0.3)], 0).split("\n"),
      SSL_GET: block("url", ["path /", ...settings(random, "SSL_GET url", 0.3)], 0).split("\n"),
      MISC_CHECK: ["misc_path /usr/bin/true"],
    };
    return block(name, [...needed[name] ?? [], ...settings(random, name, 0.2)], 0);
  });
  const lines = [...settings(random, "real_server", 0.2), ...checkers.flatMap((checker) => checker.split("\n"))];
  return block(`real_server 10.${index}.1.${at + 1} 80`, lines, 0);
}

/** Some of the plain keywords of a block, with values. */
function settings(random: Prng, section: SectionName, chance: number): string[] {
  const keywords = [...SECTIONS[section].keywords.keys()].filter((name) =>
    keywordIn(section, name)?.opens === undefined && !LEFT_OUT.has(name) && random.chance(chance)
  );
  return keywords.flatMap((name) => {
    const type = typeOf(section, name);
    const value = type && randomWords(random, type);
    return value === undefined ? [] : [`${name} ${value}`.trimEnd()];
  });
}

function randomWords(random: Prng, type: ValueShape): string | undefined {
  if (type.form === "") return "";
  const known = WORDS[type.form];
  if (known !== undefined) return known[random.integer(0, known.length - 1)];
  if (type.form.startsWith("[") && random.chance(0.3)) return "";
  return fromSchema(random, type.schema);
}

function fromSchema(random: Prng, schema: JsonSchema): string | undefined {
  const { type, minimum = 0, maximum = 100, enum: names, anyOf, oneOf } = schema as {
    type?: string | string[];
    minimum?: number;
    maximum?: number;
    enum?: unknown[];
    anyOf?: JsonSchema[];
    oneOf?: JsonSchema[];
  };
  if (names !== undefined) return String(names[random.integer(0, names.length - 1)]);
  if (type === "integer") return String(random.integer(minimum, Math.min(maximum, minimum + 200)));
  if (type === "number") return String(Math.max(minimum, Math.min(maximum, random.integer(0, 20_000) / 1000)));
  if (type === "boolean") return random.chance(0.5) ? "on" : "off";
  if (type === "string") return "word";
  const [first] = [...anyOf ?? [], ...oneOf ?? []].filter((option) => option.type !== "boolean");
  return first === undefined ? undefined : fromSchema(random, first);
}

function block(head: string, lines: readonly string[], depth: number): string {
  const indent = "    ".repeat(depth + 1);
  return [`${head} {`, ...lines.map((line) => indent + line), "}"].join("\n");
}
