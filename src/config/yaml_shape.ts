// How holdfast.yaml says what keepalived.conf says: the same words, with names, lists and lines as YAML has them.
import { HTTP_SECTIONS } from "./http_config.ts";
import type { BlockName, SectionName } from "./section.ts";

/** Whether a file of that name is YAML. */
export function isYaml(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}

/** How a keyword that opens a block stands in YAML. */
export type BlockShape =
  /** A mapping; several of them as a list. */
  | "block"
  /** A mapping of names to mappings. */
  | "named"
  /** A list of mappings with `address` and `port`, `fwmark` or `group`. */
  | "services"
  /** A list of lines. */
  | "lines"
  /** A mapping of names to lists of lines. */
  | "named-lines";

const NAMED = new Set([
  "vrrp_instance",
  "vrrp_sync_group",
  "vrrp_script",
  "vrrp_track_process",
  "vrrp_track_file",
  "bfd_instance",
  "track_group",
]);
const LINES: ReadonlySet<SectionName> = new Set([
  "addresses",
  "routes",
  "rules",
  "tracked",
  "peers",
  "members",
  "emails",
  "services",
  "links",
  "delays",
]);

/** The shape of a keyword that opens a block of that kind. */
export function shapeOf(section: BlockName, keyword: string, opens: BlockName): BlockShape {
  if (keyword === "virtual_server_group") return "named-lines";
  if (keyword === "virtual_server" || keyword === "real_server") return "services";
  if (NAMED.has(keyword) || (section === "root" && keyword === "track_file")) return "named";
  return LINES.has(opens as SectionName) ? "lines" : "block";
}

/** What the first word of a line is called when the line is written as a mapping. */
export const LINE_HEADS: Readonly<Partial<Record<BlockName, string>>> = {
  addresses: "address",
  routes: "to",
  tracked: "name",
  peers: "address",
  services: "address",
  links: "interface",
  delays: "interface",
};

/** Properties of a line whose value stands in it without their name. */
export const POSITIONAL = new Set(["port", "down", "up"]);

/** Sections of holdfast.yaml that keepalived has no words for, with what they are for. */
export const OWN_SECTIONS: Readonly<Record<string, string>> = {
  journal: "the flight recorder",
  appliance: "network, time and updates of the appliance",
};

/** Those of them that are read, as plain data. */
export const READ_SECTIONS: ReadonlySet<string> = new Set([...HTTP_SECTIONS, "witness", "fencing", "ipvs", "haproxy"]);
