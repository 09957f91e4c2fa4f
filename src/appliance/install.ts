// Writes an update to the slot that does not run. Until the last step GRUB does not start that slot, so the power may be cut at
// any moment.
import type { ByteStream } from "./byte_stream.ts";
import type { Slot } from "./slots.ts";
import type { Manifest } from "./update_file.ts";
import { type ImageTarget, writeImage } from "./write_image.ts";

/** The partitions of the slots, and what GRUB is told of them. */
export interface SlotAccess {
  /** Opens a partition by its label, such as `root-b`. */
  readonly open: (label: string) => Promise<ImageTarget>;
  /** `prepare SLOT` before it is written, `arm SLOT` once it is whole. Lasts when it returns. */
  readonly tell: (order: "prepare" | "arm", slot: Slot) => void | Promise<void>;
}

/**
 * Takes the images that the manifest promises from the stream.
 *
 * @throws Error when the slot is too small (then nothing was changed), the stream ends, or its content is another
 */
export async function installUpdate(
  stream: ByteStream,
  { boot, root }: Pick<Manifest, "boot" | "root">,
  slot: Slot,
  { open, tell }: SlotAccess,
): Promise<void> {
  using bootTarget = await open(`boot-${slot}`);
  using rootTarget = await open(`root-${slot}`);
  for (const [image, target] of [[boot, bootTarget], [root, rootTarget]] as const) {
    const size = await target.seek(0, Deno.SeekMode.End);
    if (size < image.bytes) throw new Error(`an image of ${image.bytes} bytes does not fit into a slot of ${size}`);
  }
  await tell("prepare", slot);
  await writeImage(stream, boot, bootTarget);
  await writeImage(stream, root, rootTarget);
  await tell("arm", slot);
}
