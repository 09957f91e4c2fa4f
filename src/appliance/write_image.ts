// Writes an image to a partition: what was written is read back and has to be what the manifest promises.
import { createHash } from "node:crypto";
import type { ByteStream } from "./byte_stream.ts";
import type { UpdateImage } from "./update_file.ts";

const CHUNK_BYTES = 1 << 20;

/**
 * Copies the next `image.bytes` of a stream to a device or file.
 *
 * @throws Error when the stream ends, the device is too small, or its content is not the promised one
 */
export async function writeImage(stream: ByteStream, image: UpdateImage, device: string): Promise<void> {
  using file = await Deno.open(device, { read: true, write: true });
  const size = await file.seek(0, Deno.SeekMode.End);
  const isDevice = !(await file.stat()).isFile;
  if (isDevice && size < image.bytes) throw new Error(`the image of ${image.bytes} bytes does not fit on ${device}`);
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
    if (length === null) throw new Error(`${device} is shorter than what was written to it`);
    hash.update(buffer.subarray(0, length));
    left -= length;
  }
  if (hash.digest("hex") !== image.sha256) throw new Error("the update is damaged: its checksum is another one");
}
