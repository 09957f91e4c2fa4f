// `ipvs` of holdfast.yaml: the kernel's settings that decide what becomes of connections when servers or directors leave.
// keepalived has no words for them.
import type { Report } from "./diagnostic.ts";
import { checkSection, type OwnSection } from "./own_section.ts";
import type { JsonSchema } from "./value_type.ts";

/** What is to be below /proc/sys/net/ipv4/vs, as it is written there. */
export type IpvsSysctls = Readonly<Record<string, string>>;

const MAX_PACKETS = 1_000_000;

/** What may stand in it (kernel: Documentation/networking/ipvs-sysctl.rst). */
export const IPVS_SCHEMA: JsonSchema = {
  description:
    "settings of IPVS in the kernel (net.ipv4.vs); what is not said stays as it is, at the end all is as before",
  type: "object",
  additionalProperties: false,
  properties: {
    expire_nodest_conn: {
      type: "boolean",
      description:
        "a packet of a connection to a server that has left the table ends that connection's entry, so that " +
        "the client connects anew at once; without it such packets are dropped in silence until the entry expires, but a " +
        "server that is back soon has kept its connections. Kernel's default: false",
    },
    expire_quiescent_template: {
      type: "boolean",
      description: "persistence does not send clients on to a server of weight 0, one that drains or that " +
        "`inhibit_on_failure` keeps; without it they go there until persistence expires. Kernel's default: false",
    },
    conn_reuse_mode: {
      type: "integer",
      minimum: 0,
      maximum: 3,
      description:
        "what becomes of a new connection from a client's address and port that the table still has, its old connection " +
        "having ended: 0 it goes to the old server, 1 it is scheduled anew, 2 also while the old one is in FIN_WAIT, the last " +
        "state that a director sees with direct routing. Kernel's default: 1",
    },
    sloppy_tcp: {
      type: "boolean",
      description:
        "any packet of TCP makes an entry, not only SYN: good on a new master without synchronisation, if the " +
        "scheduler chooses by the client's address (mh, sh). Kernel's default: false",
    },
    sync_threshold: {
      type: "array",
      minItems: 2,
      maxItems: 2,
      items: { type: "integer", minimum: 0, maximum: MAX_PACKETS },
      description:
        "the other director is told of a connection when it has had so many packets, and again after each so many more: " +
        "a director that comes back hears of old connections by the latter only; 0: never again. Kernel's default: [3, 50]",
    },
  },
};

/** Reads the section; undefined when it is not there, is wrong, or says nothing. */
export function readIpvsConfig(section: OwnSection | undefined, report: Report): IpvsSysctls | undefined {
  if (section === undefined) return undefined;
  if (!checkSection(section, IPVS_SCHEMA, "`ipvs`", report)) return undefined;
  const said = (section.value ?? {}) as Readonly<Record<string, unknown>>;
  if (said.sync_threshold !== undefined && !areThresholds(said.sync_threshold)) {
    const message = "the first number of `sync_threshold` must be less than the second";
    report.add("yaml-structure", section.placeOf(["sync_threshold", 0]), message);
    return undefined;
  }
  if (Object.keys(said).length === 0) return undefined;
  return Object.fromEntries(Object.entries(said).map(([name, setting]) => [name, textOf(setting)]));
}

/** What a setting of `ipvs` means; undefined when there is none of that name. */
export function ipvsSetting(name: string): string | undefined {
  const { properties = {} } = IPVS_SCHEMA as { properties?: Record<string, { description?: string }> };
  return Object.hasOwn(properties, name) ? properties[name]?.description : undefined;
}

/** The kernel refuses the others (net/netfilter/ipvs/ip_vs_ctl.c, proc_do_sync_threshold). */
function areThresholds(value: unknown): boolean {
  const [first = 0, period = 0] = value as readonly number[];
  return period === 0 || first < period;
}

/** As the kernel writes it: numbers with a tab in between. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join("\t");
  return typeof value === "boolean" ? (value ? "1" : "0") : String(value);
}
