// Files that the configuration names and the daemon writes. A FIFO would block it for good, and a link may lead to what others own.

/** Makes a file, or replaces what is in it. @throws Error when there is something else of that name, or Deno's errors */
export function writeRegularFile(path: string, text: string, mode: number): void {
  let found: Deno.FileInfo | undefined;
  try {
    found = Deno.lstatSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (found === undefined) return Deno.writeTextFileSync(path, text, { createNew: true, mode });
  if (!found.isFile) throw new Error(`${path} is no regular file`);
  Deno.writeTextFileSync(path, text, { create: false });
}
