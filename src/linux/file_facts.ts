// What can be told of files that may not be there. Synchronous, for small ones and those of /proc and /sys.

/** Text of a file, undefined when it cannot be read. */
export function textOf(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

/** Names in a folder, sorted; none when it cannot be read. */
export function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
  } catch {
    return [];
  }
}

/** Whether there is something of that name, as far as we may know. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
