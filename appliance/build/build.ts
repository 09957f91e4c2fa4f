// Makes dist/holdfast, one ELF file: main.ts -> one JavaScript file -> that file on top of a Deno runtime.
// Run by `make build` in the project's root with the pinned Deno; RUNTIME=download or pinned skips the choice.

import { downloadedRuntime, givenRuntime, pinnedRuntime, type Runtime } from "./runtime.ts";

const BUNDLE = "dist/holdfast.js";
const PROGRAM = "dist/holdfast";

async function build(): Promise<void> {
  await Deno.mkdir("dist", { recursive: true });
  await run(Deno.execPath(), ["bundle", "--quiet", "--frozen", "--output", BUNDLE, "main.ts"]);
  await Deno.utime(BUNDLE, 0, 0); // the compiled file carries it: the same source shall give the same bytes
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
  ];
  await run(runtime.deno, ["compile", ...flags, "--output", PROGRAM, BUNDLE], runtime.env);
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
