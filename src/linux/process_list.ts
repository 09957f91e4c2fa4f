// The processes of this host as /proc shows them. Reads a bounded part of each file.
import type { ProcessIdentity } from "../core/tracking/process_match.ts";

/** More of a command line is not compared. */
const COMMAND_LINE_BYTES = 4096;
const NAME_BYTES = 64;

const buffer = new Uint8Array(COMMAND_LINE_BYTES);
const decoder = new TextDecoder();

/** Numbers of all processes. */
export function processIds(): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (/^[1-9][0-9]*$/.test(name)) found.push(Number(name));
  }
  return found;
}

/** A process, or undefined when there is none of that number. Its command line is read when it is asked for. */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  const name = beginning(`/proc/${pid}/comm`, NAME_BYTES)?.replace(/\n$/, "");
  if (name === undefined) return undefined;
  let words: readonly string[] | undefined;
  return {
    name,
    get commandLine(): readonly string[] {
      return words ??= wordsOf(beginning(`/proc/${pid}/cmdline`, COMMAND_LINE_BYTES) ?? "");
    },
  };
}

/** Each word ends with a zero byte, but for the last one of a program that wrote over it. */
function wordsOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\0$/, "").split("\0");
}

function beginning(path: string, bytes: number): string | undefined {
  try {
    const file = Deno.openSync(path);
    try {
      return decoder.decode(buffer.subarray(0, file.readSync(buffer.subarray(0, bytes)) ?? 0));
    } finally {
      file.close();
    }
  } catch {
    return undefined; // it has ended
  }
}
