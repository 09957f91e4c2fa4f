// FILE_CHECK and track_file: an integer that others write into a file, and what it does to a weight.
import { trackFileValue } from "../core/tracking/track_file_value.ts";
import type { ProbeRequest } from "../ports/probes.ts";
import { errnoName, type Finding, printable } from "./tcp.ts";

/** A FILE_CHECK. */
export type FileRequest = Extract<ProbeRequest, { type: "file" }>;

/** keepalived looks at no more of a file. */
const READ_BYTES = 127;
const MAX_INT = 2147483647;

/** The value of a tracked file, or why it cannot be told. */
export type TrackFileValue = { readonly ok: true; readonly value: number } | {
  readonly ok: false;
  readonly text: string;
};

/**
 * Reads a tracked file. A file that is not there is 0, as in keepalived; so is an empty one. It may be a pipe or a
 * device by mistake: only regular files are opened.
 */
export async function readTrackFile(path: string): Promise<TrackFileValue> {
  try {
    const { isFile } = await Deno.stat(path);
    if (!isFile) return { ok: false, text: "not a regular file" };
    const file = await Deno.open(path);
    try {
      const buffer = new Uint8Array(READ_BYTES);
      const length = await file.read(buffer) ?? 0;
      const value = trackFileValue(new TextDecoder("latin1").decode(buffer.subarray(0, length)));
      return value === undefined ? { ok: false, text: "the number does not fit into 32 bits" } : { ok: true, value };
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { ok: true, value: 0 };
    const reason = errnoName(error) ?? (error instanceof Error ? error.message : String(error));
    return { ok: false, text: `cannot read the file: ${printable(reason)}` };
  }
}

/**
 * What a value does to a real server: with weight 0 a value other than 0 is failure (`reverse`: the value 0 is); else it
 * adds value times weight to the server's weight (`reverse`: takes it away), and failure is a sum at the lower end.
 */
export function judgeTrackFile(value: number, weight: number, reverse: boolean): Finding {
  const text = `value ${value}`;
  if (weight === 0) {
    const ok = (value === 0) !== reverse;
    return ok ? { ok, status: "L7OK", text, weightChange: 0 } : { ok, status: "L7STS", text };
  }
  const change = Math.max(-MAX_INT, Math.min(MAX_INT - 1, value * weight * (reverse ? -1 : 1)));
  if (change === -MAX_INT) return { ok: false, status: "L7STS", text: `${text}, weight change ${change}` };
  return {
    ok: true,
    status: "L7OK",
    text: `${text}, weight change ${change}`,
    weightChange: change === 0 ? 0 : change,
  };
}

/** FILE_CHECK. A file that cannot be read is trouble of this host: SOCKERR. */
export async function probeFile({ path, weight, reverse }: FileRequest): Promise<Finding> {
  const read = await readTrackFile(path);
  if (!read.ok) return { ok: false, status: "SOCKERR", text: read.text };
  return judgeTrackFile(read.value, weight, reverse);
}
