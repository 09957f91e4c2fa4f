// `holdfast update` and `holdfast rollback`: the appliance's other slot.
import { ByteStream } from "../appliance/byte_stream.ts";
import { Download } from "../appliance/download.ts";
import { installUpdate } from "../appliance/install.ts";
import { otherSlot, partitionDevice, runningSlot, type Slot, tellSlots } from "../appliance/slots.ts";
import { MAX_LINE_BYTES, openManifest, type TrustedKey, trustedKeys } from "../appliance/update_file.ts";
import { VERSION } from "../base/version.ts";
import { askDaemon } from "../daemon/control_client.ts";
import type { Snapshot } from "../ports/snapshot.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { type Director, masters, stepDown, takeBack } from "./step_down.ts";

/** The options of the command. */
export interface UpdateOptions {
  /** Hand the addresses over to a peer before. */
  readonly failoverFirst: boolean;
  /** Even if no peer has been heard. */
  readonly force: boolean;
  /** Although this machine is master, and stays it. */
  readonly whileMaster: boolean;
  /** Start the new version afterwards. */
  readonly reboot: boolean;
  /** File with certificates that the web server's may be signed with. */
  readonly ca?: string;
}

/** Keys that came with the image, and those of the partition that its owner writes. */
const KEY_FILES = ["/usr/lib/holdfast/update_keys", "/config/update_keys"];
const WHEN = "It is started by `systemctl reboot`, which hands the addresses to a peer first";

/** Writes an update to the slot that does not run. @returns the exit status */
export async function update(from: string, options: UpdateOptions): Promise<number> {
  const slot = runningSlot();
  if (slot === undefined) return failure("this is not the appliance: packages are updated by apt");
  const director = runningDirector();
  let held: string[] = [];
  try {
    using source = await open(from, options);
    const stream = new ByteStream(source ?? Deno.stdin);
    const line = await stream.line(MAX_LINE_BYTES);
    const signature = await stream.line(MAX_LINE_BYTES);
    if (line === undefined || signature === undefined) return failure("this is not an update of the appliance");
    const opened = await openManifest(line, signature, keys());
    if (!opened.ok) return failure(opened.problem);
    const { manifest, key } = opened;
    const made = new Date(manifest.created * 1000).toISOString();
    console.log(`version ${manifest.version} of ${made}, signed with the key ${key.name}`);
    console.log(`this is version ${VERSION} in slot ${slot}`);

    if (options.failoverFirst) {
      held = await stepDown(director, options.force);
      if (held.length > 0) console.log(`handed over to the peer: ${held.join(", ")}`);
    } else if (!options.whileMaster) await refuseAsMaster(director);

    const target = otherSlot(slot);
    await installUpdate(stream, manifest, target, {
      open: (label) => Deno.open(partitionDevice(label), { read: true, write: true }),
      tell: tellSlots,
    });
    console.log(`version ${manifest.version} is in slot ${target}${options.reboot ? "" : `. ${WHEN}`}.`);
    console.log(`If it does not become healthy, slot ${slot} is started again by itself.`);
    if (!options.reboot) return EXIT_OK;
    // Hours may have gone by: the peer that took over may have died.
    if (!options.whileMaster) await refuseAsMaster(director, "it was not restarted: ");
    return restart();
  } catch (error) {
    await takeBack(director, held);
    return failure(error instanceof Error ? error.message : String(error));
  }
}

/** Makes the other slot the one that is started next. @returns the exit status */
export function rollback(): number {
  const slot = runningSlot();
  if (slot === undefined) return failure("this is not the appliance");
  const target: Slot = otherSlot(slot);
  try {
    tellSlots("prefer", target);
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  }
  console.log(`Slot ${target} is the next one. ${WHEN}.`);
  return EXIT_OK;
}

/** Undefined: the standard input. */
async function open(from: string, { ca }: UpdateOptions): Promise<Download | Deno.FsFile | undefined> {
  if (from === "-") return undefined;
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(from)) return await Deno.open(from);
  const caCerts = ca === undefined ? [] : [await Deno.readTextFile(ca)];
  return await Download.open(from, { caCerts, log: (line) => console.log(line) });
}

async function refuseAsMaster(director: Director, what = ""): Promise<void> {
  const snapshot = await director.status();
  const names = snapshot === undefined ? [] : masters(snapshot);
  if (names.length === 0) return;
  throw new Error(
    `${what}this machine is master of ${names.join(", ")}; --failover-first hands that over to a peer before, ` +
      "--while-master goes on all the same",
  );
}

function runningDirector(): Director {
  const request = async (what: Parameters<Director["order"]>[0]): Promise<unknown> => {
    const answer = await askDaemon(what);
    if (answer === undefined) return undefined;
    if (!answer.ok) throw new Error(answer.message);
    return answer.result;
  };
  return {
    status: async () => await request({ command: "status" }) as Snapshot | undefined,
    order: request,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

function restart(): number {
  console.log("The machine starts again.");
  const { success } = new Deno.Command("systemctl", { args: ["reboot"], stdin: "null" }).outputSync();
  return success ? EXIT_OK : failure("systemctl reboot failed");
}

function keys(): TrustedKey[] {
  return KEY_FILES.flatMap((file) => {
    try {
      return trustedKeys(Deno.readTextFileSync(file));
    } catch {
      return []; // there is no such file
    }
  });
}

function failure(message: string): number {
  console.error(`error: ${message}`);
  return EXIT_FAILURE;
}
