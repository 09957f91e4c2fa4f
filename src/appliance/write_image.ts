// Writes an image to a partition: what was written is read back and has to be what the manifest promises.
import { createHash } from "node:crypto";
import type { ByteStream } from "./byte_stream.ts";
import type { UpdateImage } from "./update_file.ts";

/** What is written to: an open block device or file. */
export type ImageTarget = Pick<Deno.FsFile, "read" | "write" | "seek" | "sync"> & Disposable;

const CHUNK_BYTES = 1 << 20;

/**
 * Copies the next `image.bytes` of a stream to a device or file.
 *
 * @throws Error when the stream ends, or its content is not the promised one
 */
export async function writeImage(stream: ByteStream, image: UpdateImage, file: ImageTarget): Promise<void> {
  await file.seek(0, Deno.SeekMode.Start);
  for (let left = image.bytes; left > 0;) {
    const chunk = await stream.chunk(left);
    if (chunk === undefined) throw new Error("the update ends too early");
    for (let written = 0; written < chunk.length;) written += await file.write(chunk.subarray(written));
    left -= chunk.length;
  }
  await file.sync();
  await file.seek(0, Deno.SeekMode.Start);
  const hash = createHash("sha256");
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let left = image.bytes; left > 0;) {
    const length = await file.read(buffer.subarray(0, Math.min(left, CHUNK_BYTES)));
    if (length === null) throw new Error("the slot is shorter than what was written to it");
    hash.update(buffer.subarray(0, length));
    left -= length;
  }
  if (hash.digest("hex") !== image.sha256) throw new Error("the update is damaged: its checksum is another one");
}
