// The rows of the interop matrix: which protocol, over which link, with which way to preempt, between which two programs.
import type { SpeakerConfig, SpeakerKind } from "../../support/vrrp_speaker.ts";

/** Addresses that move. */
export const VIPS = ["10.9.0.100", "10.9.0.101"];
export const VIPS6 = ["fe80::9:100", "2001:db8:9::100"];

/** What a router does with a lower master. */
export type PreemptMode = "preempt" | "nopreempt" | "preempt_delay";

/** A row. */
export interface Setup {
  /** `version 2, PASS, multicast`. */
  readonly name: string;
  readonly mode: PreemptMode;
  /** The router with the higher priority. */
  readonly a: SpeakerKind;
  readonly b: SpeakerKind;
  readonly common: Omit<SpeakerConfig, "priority" | "lines"> & { readonly lines: readonly string[] };
  /** Each is the other's only peer; over IPv6 between their second link-local addresses. */
  readonly isUnicast: boolean;
  /** Further lines for keepalived only. */
  readonly keepalived: readonly string[];
}

type Common = Setup["common"];

/** A protocol, and on which links and in which ways it is tried. */
interface Protocol {
  readonly name: string;
  readonly common: Common;
  readonly ways: readonly ("multicast" | "unicast")[];
  readonly modes: readonly PreemptMode[];
  readonly keepalived?: readonly string[];
  /** Holdfast with itself, too. */
  readonly alone?: true;
}

const v2: Common = { version: 2, advertisementIntervalSeconds: 1, virtualAddresses: VIPS, lines: [] };
const v3: Common = { version: 3, advertisementIntervalSeconds: 0.2, virtualAddresses: VIPS, lines: [] };
const v6: Common = { ...v3, virtualAddresses: VIPS6 };
const ah = ["authentication {", "  auth_type AH", "  auth_pass secret12", "}"];
const VMAC = ["use_vmac"];
const BOTH = ["multicast", "unicast"] as const;
const ALL: readonly PreemptMode[] = ["preempt", "nopreempt", "preempt_delay"];
const ONE: readonly PreemptMode[] = ["preempt"];

const PROTOCOLS: readonly Protocol[] = [
  { name: "version 2", common: v2, ways: BOTH, modes: ALL },
  { name: "version 2, PASS", common: { ...v2, password: "secret12" }, ways: BOTH, modes: ALL, alone: true },
  { name: "version 2, AH", common: { ...v2, lines: ah }, ways: BOTH, modes: ALL },
  { name: "version 2, VMAC", common: { ...v2, lines: VMAC }, ways: BOTH, modes: ALL },
  {
    name: "version 2, PASS, VMAC",
    common: { ...v2, password: "secret12", lines: VMAC },
    ways: BOTH,
    modes: ALL,
  },
  { name: "version 2, AH, VMAC", common: { ...v2, lines: [...ah, ...VMAC] }, ways: BOTH, modes: ALL },
  { name: "version 3, IPv4", common: v3, ways: BOTH, modes: ALL, alone: true },
  { name: "version 3, IPv6", common: v6, ways: BOTH, modes: ALL, alone: true },
  { name: "version 3, IPv4, VMAC", common: { ...v3, lines: VMAC }, ways: BOTH, modes: ALL },
  { name: "version 3, IPv6, VMAC", common: { ...v6, lines: VMAC }, ways: BOTH, modes: ALL },
  {
    name: "version 3, IPv4, group 224.0.0.77",
    common: { ...v3, globals: ["vrrp_mcast_group4 224.0.0.77"] },
    ways: ["multicast"],
    modes: ONE,
  },
  {
    name: "version 3, IPv4, old_unicast_checksum",
    common: v3,
    ways: ["unicast"],
    modes: ONE,
    keepalived: ["old_unicast_checksum"],
  },
];

const MODE_LINES: Readonly<Record<PreemptMode, readonly string[]>> = {
  preempt: [],
  nopreempt: ["nopreempt"],
  preempt_delay: ["preempt_delay 3"],
};

/** All rows, in the order of the table. */
export const SETUPS: readonly Setup[] = PROTOCOLS.flatMap((protocol) =>
  protocol.ways.flatMap((way) => protocol.modes.flatMap((mode) => rowsOf(protocol, way, mode)))
);

function rowsOf(protocol: Protocol, way: "multicast" | "unicast", mode: PreemptMode): Setup[] {
  const { name, common, keepalived = [], alone } = protocol;
  const pairs: (readonly [SpeakerKind, SpeakerKind])[] = [["holdfast", "keepalived"], ["keepalived", "holdfast"]];
  if (alone && way === "multicast" && mode === "preempt") pairs.push(["holdfast", "holdfast"]);
  return pairs.map(([a, b]) => ({
    name: `${name}, ${way}`,
    mode,
    a,
    b,
    common: { ...common, lines: [...common.lines, ...MODE_LINES[mode]] },
    isUnicast: way === "unicast",
    keepalived,
  }));
}
