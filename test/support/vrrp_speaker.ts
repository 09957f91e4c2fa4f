// A VRRP router in a test: Holdfast or Debian's keepalived, run in the same way from the same configuration.
import { BackgroundProcess } from "./command.ts";
import { holdfastCommand } from "./holdfast.ts";
import { inside, type TestHost } from "./two_hosts.ts";

/** Which program. */
export type SpeakerKind = "holdfast" | "keepalived";

/** What a test varies. */
export interface SpeakerConfig {
  readonly version: 2 | 3;
  readonly advertisementIntervalSeconds: number;
  readonly priority: number;
  readonly virtualAddresses: readonly string[];
  /** Version 2 only. */
  readonly password?: string;
  /** Further lines for the instance. */
  readonly lines?: readonly string[];
  /** Lines of `global_defs`. */
  readonly globals?: readonly string[];
}

/** The keepalived.conf of a speaker. */
export function speakerConfig(config: SpeakerConfig): string {
  const authentication = config.password === undefined
    ? ""
    : `  authentication {\n    auth_type PASS\n    auth_pass ${config.password}\n  }\n`;
  const globals = (config.globals ?? []).map((line) => `  ${line}\n`).join("");
  return `${globals === "" ? "" : `global_defs {\n${globals}}\n`}vrrp_instance VI_1 {
  interface eth0
  version ${config.version}
  virtual_router_id 51
  priority ${config.priority}
  advert_int ${config.advertisementIntervalSeconds}
${authentication}${(config.lines ?? []).map((line) => `  ${line}\n`).join("")}  virtual_ipaddress {
${config.virtualAddresses.map((address) => `    ${address}`).join("\n")}
  }
}
`;
}

/** Starts a speaker in a host; `folder` is for its files. */
export function startSpeaker(
  kind: SpeakerKind,
  host: TestHost,
  config: SpeakerConfig,
  folder: string,
): BackgroundProcess {
  const file = `${folder}/${host.namespace}.conf`;
  Deno.writeTextFileSync(file, speakerConfig(config));
  if (kind === "holdfast") {
    return new BackgroundProcess(inside(host, [...holdfastCommand(), "run", "-f", file, "--api", "off"]));
  }
  const pidFiles = ["-p", "-r", "-c"].flatMap((option) => [option, `${folder}/${host.namespace}${option}.pid`]);
  for (const path of pidFiles) if (path.endsWith(".pid")) removeIfThere(path); // a killed one left them: it would refuse to start
  return new BackgroundProcess(inside(host, ["keepalived", "-P", "-n", "-l", "-D", "-f", file, ...pidFiles]));
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
