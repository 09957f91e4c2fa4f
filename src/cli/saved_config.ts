// `config_save_dir`: a dated copy of each configuration that was read, to see later what was in use when.
import { writeRegularFile } from "../daemon/regular_file.ts";

/** The oldest copies go when there are more: a machine that reloads every minute must not fill its disk. */
const MAX_COPIES = 100;
const COPY_NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.conf$/;

/**
 * Writes all files of a configuration into one, for root's eyes only: there are passwords in it.
 *
 * @param folder is made when it is missing; its parents are not
 * @param sources text of each file by its name
 * @throws Deno's errors
 */
export function saveConfig(folder: string, sources: ReadonlyMap<string, string>, now: Date): void {
  try {
    Deno.mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  const text = [...sources].map(([name, source]) => `# --- ${name}\n${source.replace(/\n?$/, "\n")}`).join("");
  writeRegularFile(`${folder}/${now.toISOString().replaceAll(":", "-")}.conf`, text, 0o600);
  const copies = [...Deno.readDirSync(folder)].filter(({ name, isFile }) => isFile && COPY_NAME.test(name));
  const names = copies.map(({ name }) => name).sort();
  for (const name of names.slice(0, Math.max(0, names.length - MAX_COPIES))) Deno.removeSync(`${folder}/${name}`);
}
