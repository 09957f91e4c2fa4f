// `haproxy` of holdfast.yaml: HAProxy beside VRRP and IPVS. keepalived has no words for it, and without the section nothing is
// started.
import type { Config, SourceLocation } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import { checkSection, type OwnSection } from "./own_section.ts";
import type { JsonSchema } from "./value_type.ts";

/** How HAProxy is run. */
export interface HaproxyConfig {
  readonly location: SourceLocation;
  /** The user's haproxy.cfg. */
  readonly file: string;
  /** The program. */
  readonly binary: string;
  /** Where its sockets and what Holdfast makes of the configuration are; undefined: below /run/holdfast. */
  readonly folder?: string;
  /** An outage this long is told to the instances that track it. */
  readonly graceMs: number;
  /** Whether a change of the file is taken over without being asked to. */
  readonly watches: boolean;
  /** Whether it goes on when Holdfast ends. */
  readonly staysAtEnd: boolean;
}

/** The name under which instances track it, in `track_process`. */
export const HAPROXY_TRACKER = "haproxy";

const text = { type: "string", minLength: 1 };
const path = { type: "string", minLength: 1, pattern: "^/" };

/** What may stand in it. */
export const HAPROXY_SCHEMA: JsonSchema = {
  description: "HAProxy, started and watched by Holdfast; `{}` takes all defaults",
  type: "object",
  additionalProperties: false,
  properties: {
    config: { ...text, description: "haproxy.cfg, from the folder of this file; default /etc/haproxy/haproxy.cfg" },
    binary: { ...path, description: "default /usr/sbin/haproxy" },
    run_dir: {
      ...path,
      pattern: "^/[\\w./-]{1,60}$",
      description: "folder of its sockets; default below /run/holdfast",
    },
    fail_after: {
      type: "number",
      minimum: 0,
      maximum: 3600,
      description: "seconds without HAProxy after which instances that track it know; default 1",
    },
    watch: { type: "boolean", description: "whether a change of its file is taken over at once; default true" },
    keep_running: { type: "boolean", description: "whether it goes on when Holdfast is stopped; default false" },
  },
};

type Entries = Readonly<Record<string, unknown>>;

/** Reads the section; undefined when it is not there, or wrong. */
export function readHaproxyConfig(section: OwnSection | undefined, report: Report): HaproxyConfig | undefined {
  if (section === undefined) return undefined;
  if (!checkSection(section, HAPROXY_SCHEMA, "`haproxy`", report)) return undefined;
  const { config, binary, run_dir: folder, fail_after: grace = 1, watch, keep_running: stays } =
    (section.value ?? {}) as Entries;
  const { file, line, column, length } = section.location;
  return {
    location: { file, line, column, length },
    file: besideConfig(String(config ?? "/etc/haproxy/haproxy.cfg"), file),
    binary: String(binary ?? "/usr/sbin/haproxy"),
    ...(folder === undefined ? {} : { folder: String(folder) }),
    graceMs: Number(grace) * 1000,
    watches: watch !== false,
    staysAtEnd: stays === true,
  };
}

function besideConfig(path: string, config: string): string {
  return path.startsWith("/") ? path : config.slice(0, config.lastIndexOf("/") + 1) + path;
}

/** What instances may track because there is the section. */
export function haproxyTracker(
  { haproxy, trackedProcesses }: Pick<Config, "haproxy" | "trackedProcesses">,
  report: Report,
): { readonly name: string; readonly location: SourceLocation }[] {
  if (haproxy === undefined) return [];
  const other = trackedProcesses.find(({ name }) => name === HAPROXY_TRACKER);
  if (other !== undefined) {
    report.add(
      "yaml-structure",
      other.location,
      "`haproxy` is what instances track with the section `haproxy`: name this otherwise",
    );
  }
  return [{ name: HAPROXY_TRACKER, location: haproxy.location }];
}
