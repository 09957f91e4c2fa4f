// A daemon with a configuration in YAML: own words count there only.
import { BackgroundProcess } from "./command.ts";
import { holdfastCommand } from "./holdfast.ts";
import { inside, type TestHost } from "./two_hosts.ts";

/** Writes a configuration for a host, in a folder. @returns its path */
export function writeYaml(host: TestHost, folder: string, config: string): string {
  const file = `${folder}/${host.namespace}.yaml`;
  Deno.writeTextFileSync(file, config);
  return file;
}

/** Starts a daemon on a host with a configuration and a journal in a folder. */
export function startYaml(host: TestHost, folder: string, config: string): BackgroundProcess {
  const file = writeYaml(host, folder, config);
  const journal = ["--journal", `${folder}/${host.namespace}.journal`];
  return new BackgroundProcess(inside(host, [...holdfastCommand(), "run", "-f", file, ...journal]));
}
