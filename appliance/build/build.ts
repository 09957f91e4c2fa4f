// Makes dist/holdfast, one ELF file: main.ts -> JavaScript in pieces -> those on top of a Deno runtime.
// Run by `make build` in the project's root with the pinned Deno; RUNTIME=download or pinned skips the choice.
//
// TARGET=aarch64 makes dist/aarch64/holdfast: the same where that processor's runtime can be downloaded, else a folder with
// Deno itself, the JavaScript, and a script that starts one with the other.

import { ELF64_HEADER_LENGTH_BYTES, elfMachine } from "./elf.ts";
import { downloadedRuntime, givenRuntime, pinnedDeno, pinnedRuntime, type Runtime, type Target } from "./runtime.ts";

/** In pieces, so that each role reads what it needs of them: a piece costs time at every start, used or not. */
const BUNDLE = "dist/js";
const LAUNCHER = new URL("launcher.sh", import.meta.url);

async function build(): Promise<void> {
  const target = chosenTarget();
  const folder = target === "x86_64" ? "dist" : `dist/${target}`;
  const program = `${folder}/holdfast`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.remove(BUNDLE, { recursive: true }).catch(() => {}); // pieces of earlier builds have other names
  await run(Deno.execPath(), ["bundle", "--quiet", "--frozen", "--code-splitting", "--outdir", BUNDLE, "main.ts"]);
  // The compiled file carries the times: the same source shall give the same bytes.
  for (const { name } of Deno.readDirSync(BUNDLE)) await Deno.utime(`${BUNDLE}/${name}`, 0, 0);
  const runtime = await chooseRuntime(target);
  if (runtime === undefined) return await assemble(target, folder);
  console.log(`runtime: ${runtime.description}`);
  await compile(runtime, target, program);
  await checkMachine(program, target);
  // A runtime of the wrong version shows here, not on the router.
  if (target === Deno.build.arch) await run(`./${program}`, ["--version"]);
  const { size } = await Deno.stat(program);
  console.log(`built ${program}, ${(size / 1e6).toFixed(1)} MB`);
}

function chosenTarget(): Target {
  const target = Deno.env.get("TARGET") || "x86_64";
  if (target === "x86_64" || target === "aarch64") return target;
  throw new Error(`TARGET=${target} is not one of x86_64, aarch64`);
}

/** Deno, the bundle and a script beside each other: for a processor whose denort cannot be had. */
async function assemble(target: Target, folder: string): Promise<void> {
  const deno = await pinnedDeno();
  console.log(`runtime: ${deno.description}`);
  await Deno.remove(folder, { recursive: true }); // a program that runs cannot be written
  await Deno.mkdir(`${folder}/js`, { recursive: true });
  await Deno.copyFile(deno.deno, `${folder}/deno`);
  await Deno.copyFile(LAUNCHER, `${folder}/holdfast`);
  for (const { name } of Deno.readDirSync(BUNDLE)) await Deno.copyFile(`${BUNDLE}/${name}`, `${folder}/js/${name}`);
  await Deno.chmod(`${folder}/holdfast`, 0o755);
  await checkMachine(`${folder}/deno`, target);
  console.log(`built ${folder}/holdfast, with deno and js beside it`);
}

async function checkMachine(program: string, target: Target): Promise<void> {
  using file = await Deno.open(program);
  const header = new Uint8Array(ELF64_HEADER_LENGTH_BYTES);
  await file.read(header);
  const machine = elfMachine(header);
  if (machine !== target) throw new Error(`${program} is for ${machine}, not for ${target}`);
}

/** Undefined: there is none for this target. */
async function chooseRuntime(target: Target): Promise<Runtime | undefined> {
  const denortBin = Deno.env.get("DENORT_BIN");
  if (denortBin) return givenRuntime(denortBin);
  const choice = Deno.env.get("RUNTIME") || "auto";
  switch (choice) {
    case "pinned":
      return await pinnedRuntime(target);
    case "download": {
      const downloaded = await downloadedRuntime(target);
      if (downloaded === undefined) throw new Error("dl.deno.land does not answer; RUNTIME=pinned does without it");
      return downloaded;
    }
    case "auto":
      return await downloadedRuntime(target) ?? await pinnedRuntime(target);
    default:
      throw new Error(`RUNTIME=${choice} is not one of auto, download, pinned`);
  }
}

async function compile(runtime: Runtime, target: Target, program: string): Promise<void> {
  const flags = [
    "--target",
    `${target}-unknown-linux-gnu`,
    "--quiet",
    "--no-check", // the bundle is checked already, as TypeScript
    "--no-config",
    // The cache would be a file of a known name in /tmp, which a router's root process must not read.
    "--no-code-cache",
    "--no-prompt",
    // All: FFI alone amounts to all. A role that needs less revokes the rest when it starts.
    "--allow-all",
    // A role with 10 000 checks makes much garbage of which little lives on: left alone, V8 keeps three to four times as much
    // memory as it needs to save a tenth of the processor time (docs/measurements.md). Only at the start it takes such limits.
    "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=100",
  ];
  await run(runtime.deno, ["compile", ...flags, "--output", program, `${BUNDLE}/main.js`], runtime.env);
}

async function run(command: string, args: string[], env: Record<string, string> = {}): Promise<void> {
  const { success, code } = await new Deno.Command(command, { args, env }).spawn().status;
  if (!success) throw new Error(`${command} ${args[0]} ended with exit status ${code}`);
}

try {
  await build();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
