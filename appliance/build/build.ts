// Makes dist/holdfast, one ELF file: main.ts -> JavaScript in pieces -> those on top of a Deno runtime.
// Run by `make build` in the project's root with the pinned Deno; RUNTIME=download or pinned skips the choice.

import { downloadedRuntime, givenRuntime, pinnedRuntime, type Runtime } from "./runtime.ts";

/** In pieces, so that each role reads what it needs of them: a piece costs time at every start, used or not. */
const BUNDLE = "dist/js";
const PROGRAM = "dist/holdfast";

async function build(): Promise<void> {
  await Deno.mkdir("dist", { recursive: true });
  await Deno.remove(BUNDLE, { recursive: true }).catch(() => {}); // pieces of earlier builds have other names
  await run(Deno.execPath(), ["bundle", "--quiet", "--frozen", "--code-splitting", "--outdir", BUNDLE, "main.ts"]);
  // The compiled file carries the times: the same source shall give the same bytes.
  for (const { name } of Deno.readDirSync(BUNDLE)) await Deno.utime(`${BUNDLE}/${name}`, 0, 0);
  const runtime = await chooseRuntime();
  console.log(`runtime: ${runtime.description}`);
  await compile(runtime);
  await run(`./${PROGRAM}`, ["--version"]); // a runtime of the wrong version shows here, not on the router
  const { size } = await Deno.stat(PROGRAM);
  console.log(`built ${PROGRAM}, ${(size / 1e6).toFixed(1)} MB`);
}

async function chooseRuntime(): Promise<Runtime> {
  const denortBin = Deno.env.get("DENORT_BIN");
  if (denortBin) return givenRuntime(denortBin);
  const choice = Deno.env.get("RUNTIME") || "auto";
  switch (choice) {
    case "pinned":
      return await pinnedRuntime();
    case "download": {
      const downloaded = await downloadedRuntime();
      if (downloaded === undefined) throw new Error("dl.deno.land does not answer; RUNTIME=pinned does without it");
      return downloaded;
    }
    case "auto":
      return await downloadedRuntime() ?? await pinnedRuntime();
    default:
      throw new Error(`RUNTIME=${choice} is not one of auto, download, pinned`);
  }
}

async function compile(runtime: Runtime): Promise<void> {
  const flags = [
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
  await run(runtime.deno, ["compile", ...flags, "--output", PROGRAM, `${BUNDLE}/main.js`], runtime.env);
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
