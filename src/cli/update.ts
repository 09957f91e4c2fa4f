// `holdfast update` and `holdfast rollback`: the appliance's other slot.
import { ByteStream } from "../appliance/byte_stream.ts";
import { otherSlot, partitionDevice, runningSlot, type Slot, tellSlots } from "../appliance/slots.ts";
import { MAX_LINE_BYTES, openManifest, type TrustedKey, trustedKeys } from "../appliance/update_file.ts";
import { writeImage } from "../appliance/write_image.ts";
import { VERSION } from "../base/version.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";

/** Keys that came with the image, and those of the partition that its owner writes. */
const KEY_FILES = ["/usr/lib/holdfast/update_keys", "/config/update_keys"];
const WHEN = "It is started by `systemctl reboot`, which hands the addresses to a peer first";

/** Writes an update to the slot that does not run. @returns the exit status */
export async function update(path: string): Promise<number> {
  const slot = runningSlot();
  if (slot === undefined) return failure("this is not the appliance: packages are updated by apt");
  const target = otherSlot(slot);
  try {
    using file = path === "-" ? undefined : await Deno.open(path);
    const stream = new ByteStream(file ?? Deno.stdin);
    const line = await stream.line(MAX_LINE_BYTES);
    const signature = await stream.line(MAX_LINE_BYTES);
    if (line === undefined || signature === undefined) return failure("this is not an update of the appliance");
    const opened = await openManifest(line, signature, keys());
    if (!opened.ok) return failure(opened.problem);
    const { manifest, key } = opened;
    console.log(`version ${manifest.version}, signed with the key ${key.name}; this is ${VERSION} in slot ${slot}`);
    tellSlots("prepare", target);
    await writeImage(stream, manifest.boot, partitionDevice(`boot-${target}`));
    await writeImage(stream, manifest.root, partitionDevice(`root-${target}`));
    tellSlots("arm", target);
    console.log(`version ${manifest.version} is in slot ${target}. ${WHEN}.`);
    console.log(`If it does not become healthy, slot ${slot} is started again by itself.`);
    return EXIT_OK;
  } catch (error) {
    return failure(`${error instanceof Error ? error.message : error}; slot ${slot} stays the one that is started`);
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
