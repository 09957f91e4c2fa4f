// Makes tracked files with their first value (`init_file`), before anybody reads them.
import type { TrackedFile } from "../config/config_vrrp.ts";

/**
 * Writes the files that ask for it and were not there in the configuration before: those that are missing and, with
 * `overwrite`, those that are there. What is no regular file is left alone, links too: they may lead to what others own.
 *
 * @param before undefined at the start
 */
export function writeInitialFiles(
  before: readonly TrackedFile[] | undefined,
  files: readonly TrackedFile[],
  log: (line: string) => void,
): void {
  for (const { name, path, initial } of files) {
    if (initial === undefined || before?.some((known) => known.path === path && known.initial !== undefined)) continue;
    try {
      write(path, `${initial.value}\n`, initial.overwrite);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log(`warning: cannot write \`init_file\` of track_file ${name} to ${path}: ${reason}`);
    }
  }
}

function write(path: string, text: string, overwrites: boolean): void {
  const bytes = new TextEncoder().encode(text);
  let found: Deno.FileInfo | undefined;
  try {
    found = Deno.lstatSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (found === undefined) return Deno.writeFileSync(path, bytes, { createNew: true, mode: 0o644 });
  if (!overwrites) return;
  if (!found.isFile) throw new Error("it is no regular file");
  Deno.writeFileSync(path, bytes, { create: false });
}
