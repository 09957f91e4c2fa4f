// How many files this process may have open.

/** The soft limit; 1024 where it cannot be read. */
export function openFilesLimit(): number {
  try {
    const [, soft] = Deno.readTextFileSync("/proc/self/limits").match(/^Max open files\s+(\d+)/m) ?? [];
    return Number(soft ?? 1024);
  } catch {
    return 1024;
  }
}
