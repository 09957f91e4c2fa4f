// Settings of interfaces under /proc/sys/net.

/** What a setting says; undefined when there is none of that name. @param path such as `ipv4/conf/eth0/rp_filter` */
export function readSysctl(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/sys/net/${path}`).trim();
  } catch {
    return undefined;
  }
}

/** Changes a setting. @throws Error with a sentence that names it */
export function writeSysctl(path: string, value: string): void {
  try {
    Deno.writeTextFileSync(`/proc/sys/net/${path}`, value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot set net.${path.replaceAll("/", ".")} to ${value}: ${reason}`);
  }
}

/**
 * Changes settings and remembers what they were. One that cannot be changed (a read-only /proc, no such protocol) is left
 * as it is.
 */
export class ChangedSysctls {
  readonly #before = new Map<string, string>();

  /** @returns whether the setting has the value now */
  set(path: string, value: string): boolean {
    const now = readSysctl(path);
    if (now === value) return true;
    if (now === undefined || !write(path, value)) return false;
    if (!this.#before.has(path)) this.#before.set(path, now);
    return true;
  }

  /** Puts everything back, the last change first. */
  restore(): void {
    for (const [path, value] of [...this.#before].reverse()) write(path, value);
    this.#before.clear();
  }
}

function write(path: string, value: string): boolean {
  try {
    Deno.writeTextFileSync(`/proc/sys/net/${path}`, value);
    return true;
  } catch {
    return false;
  }
}
