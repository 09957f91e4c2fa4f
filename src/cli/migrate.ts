// `holdfast migrate`: holdfast.yaml in the format of this version, or in an earlier one for the version before.
import { lineDiff } from "../base/line_diff.ts";
import { FORMAT_STEPS, type FormatStep, newestFormat } from "../config/format/formats.ts";
import { keptName, type MigratedText, migrateText } from "../config/format/migrate_text.ts";
import { isYaml } from "../config/yaml_shape.ts";
import { prepareFile } from "../daemon/config_file.ts";
import { writeRegularFile } from "../daemon/regular_file.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { readText } from "./read_config.ts";

/** The options of the command. */
export interface MigrateOptions {
  /** The newest format, unless it is said. */
  readonly to?: number;
  /** Say what would be other, and write nothing. */
  readonly dryRun: boolean;
  /** Only say by the exit status whether the file is of another format than that. */
  readonly pending: boolean;
  /** Only print the newest format. */
  readonly newest: boolean;
  /** Default: those of this version. */
  readonly steps?: readonly FormatStep[];
}

/** @returns the exit status */
export function migrateConfig(path: string | undefined, options: MigrateOptions): number {
  const { to, dryRun, pending, newest, steps = FORMAT_STEPS } = options;
  if (newest) {
    console.log(newestFormat(steps));
    return EXIT_OK;
  }
  if (path === undefined) return fail("which file?");
  if (!isYaml(path)) return fail("only holdfast.yaml has formats: keepalived.conf is read as keepalived reads it");
  const read = readText(path);
  if (!read.ok) return fail(read.problem);
  const migrated = migrateText(read.text, to, steps);
  if (!migrated.ok) return fail(`${path}: ${migrated.problem}${hint(migrated.problem)}`);
  const { from, done, lost } = migrated;
  const target = to ?? newestFormat(steps);
  if (pending) return from === target ? EXIT_FAILURE : EXIT_OK;
  if (from === target) {
    console.log(`${path}: is of format ${from}, nothing is to be done`);
    return EXIT_OK;
  }
  for (const line of lineDiff(read.text, migrated.text)) console.log(line);
  for (const text of done) console.log(`format ${from} to ${target}: ${text}`);
  for (const text of lost) console.log(`lost: ${text}`);
  if (dryRun) return EXIT_OK;
  try {
    return write(path, read.text, migrated, target);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** The earlier file stays beside it, for the version that reads it. @throws Error */
function write(path: string, before: string, { from, text }: MigratedText & { ok: true }, target: number): number {
  const kept = keptName(path, from);
  const file = prepareFile(path, text);
  try {
    writeRegularFile(kept, before, 0o600);
  } catch (error) {
    file.abort();
    throw error;
  }
  file.commit();
  // What was kept of the format that the file is of now says less than the file.
  try {
    Deno.removeSync(keptName(path, target));
  } catch {
    // there is none
  }
  console.log(`${path}: is of format ${target} now; what it was is in ${kept}`);
  return EXIT_OK;
}

function hint(problem: string): string {
  return problem.includes("newer") ? "; the version that wrote it brings it back with `holdfast migrate --to`" : "";
}

function fail(problem: string): number {
  console.error(`error: ${problem}`);
  return EXIT_FAILURE;
}
