// `holdfast update` and `holdfast rollback`: the appliance's other slot.
import { Download } from "../appliance/download.ts";
import type { UpdateTerms } from "../appliance/updater_words.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { operator } from "./ask.ts";
import { performRollback, performUpdate, restart, slotHere, WHEN } from "./update_work.ts";

/** The options of the command. */
export interface UpdateOptions extends UpdateTerms {
  /** File with certificates that the web server's may be signed with. */
  readonly ca?: string;
}

const NO_RESTART: UpdateTerms = { failoverFirst: false, force: false, whileMaster: false, reboot: false };
/** Certificates of the owner's own, on the partition HOLDFAST. */
const OWN_AUTHORITIES = "/config/update_ca.pem";
const report = { say: (line: string): void => console.log(line) };

/** Writes an update to the slot that does not run. @returns the exit status */
export async function update(from: string, options: UpdateOptions): Promise<number> {
  try {
    slotHere();
    using source = await open(from, options);
    await performUpdate({
      source: source ?? Deno.stdin,
      terms: options,
      from: source === undefined ? "standard input" : shownSource(from),
      author: operator(),
      report,
    });
    if (!options.reboot) return EXIT_OK;
    console.log("The machine starts again.");
    restart();
    return EXIT_OK;
  } catch (error) {
    return failure(error);
  }
}

/** Makes the other slot the one that is started next. @returns the exit status */
export async function rollback(): Promise<number> {
  try {
    const target = await performRollback(NO_RESTART, operator(), report);
    console.log(`Slot ${target} is the next one. ${WHEN}.`);
    return EXIT_OK;
  } catch (error) {
    return failure(error);
  }
}

/** An update on a web server. @param ca file with certificates, besides those that are always trusted */
export async function openDownload(
  url: string,
  ca: string | undefined,
  say: (line: string) => void,
): Promise<Download> {
  const caCerts = ca === undefined ? [] : [await Deno.readTextFile(ca)];
  try {
    caCerts.push(await Deno.readTextFile(OWN_AUTHORITIES));
  } catch {
    // there is no such file
  }
  return await Download.open(url, { caCerts, log: say });
}

/** Where an update comes from, without what may be a secret in its address. */
export function shownSource(from: string): string {
  if (!URL.canParse(from)) return from;
  const { host, pathname } = new URL(from);
  return `${host}${pathname}`.slice(0, 200);
}

/** Undefined: the standard input. */
async function open(from: string, { ca }: UpdateOptions): Promise<Download | Deno.FsFile | undefined> {
  if (from === "-") return undefined;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(from)) return await Deno.open(from);
  return await openDownload(from, ca, report.say);
}

function failure(error: unknown): number {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  return EXIT_FAILURE;
}
