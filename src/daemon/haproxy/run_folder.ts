// The folder of one HAProxy: its sockets, and the configuration that Holdfast made for it. Only root may enter.
import type { HaproxyConfig } from "../../config/haproxy_config.ts";
import { namespaceName } from "../../linux/network_namespace.ts";

/** Where it is: each network namespace that has a name has its own. */
export function runFolder({ folder }: HaproxyConfig): string {
  if (folder !== undefined) return folder;
  const name = namespaceName()?.replace(/[^\w.-]/g, "_").slice(0, 40);
  return `/run/holdfast/haproxy${name === undefined ? "" : `-${name}`}`;
}

/** Makes it, or makes sure that it is ours alone. @throws Error */
export function makeFolder(path: string): void {
  const above = path.slice(0, path.lastIndexOf("/"));
  if (above !== "") Deno.mkdirSync(above, { recursive: true, mode: 0o755 });
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    const { isDirectory, uid } = Deno.lstatSync(path);
    if (!isDirectory || uid !== Deno.uid()) throw new Error(`${path} is not a folder of ours`);
  }
  Deno.chmodSync(path, 0o700);
}

/** Replaces a file in it, so that there is always a whole one. */
export function replaceFile(path: string, text: string): void {
  const next = `${path}.new`;
  Deno.writeTextFileSync(next, text, { mode: 0o600 });
  Deno.renameSync(next, path);
}
