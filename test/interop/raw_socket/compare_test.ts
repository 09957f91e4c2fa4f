// Runs script.mjs twice, by Node with the npm package raw-socket and by Deno with our module, and compares what they print.
//
// The package is C++ that is compiled when it is installed, once, into .cache/raw-socket-npm: that takes Node.js with npm,
// and Debian's build-essential and python3. Both runs take root, or CAP_NET_RAW.
import raw from "raw-socket";
import { assertEquals } from "../../assert.ts";

const PACKAGE = "raw-socket@1.8.1";
const SCRIPT = new URL("./script.mjs", import.meta.url);
const ROOT = new URL("../../../", import.meta.url);
const CACHE = new URL("./.cache/raw-socket-npm/", ROOT);
const ADDON = new URL("./node_modules/raw-socket/build/Release/raw.node", CACHE);
const RUN_LIMIT_MS = 60_000;
const INSTALL_LIMIT_MS = 300_000;

const refusal = rawSocketRefusal();

Deno.test("raw-socket of ours and of npm print the same transcript", async () => {
  if (refusal !== undefined) {
    const reason =
      `SKIPPED: raw-socket is not compared with npm's, since no raw socket can be opened (${refusal}): run as root`;
    if (Deno.env.get("CI") === "true") throw new Error(reason);
    console.log(reason);
    return;
  }
  await install();
  await Deno.copyFile(SCRIPT, new URL("./script.mjs", CACHE)); // where Node finds the package
  const expected = await run("node", ["script.mjs"], CACHE, {}, RUN_LIMIT_MS);
  const actual = await run(
    Deno.execPath(),
    ["run", "--no-lock", "--allow-ffi", SCRIPT.pathname],
    ROOT,
    {},
    RUN_LIMIT_MS,
  );
  assertEquals(expected.split("\n").at(-2), "== end");
  assertEquals(actual, expected);
});

/** Why we may not open raw sockets; undefined when we may. */
function rawSocketRefusal(): string | undefined {
  try {
    raw.createSocket({ protocol: raw.Protocol.ICMP }).close();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Installs and compiles the package unless that was done for the Node.js at hand. */
async function install(): Promise<void> {
  const version = await run("node", ["--version"], ROOT, {}, RUN_LIMIT_MS);
  const stamp = new URL("./built-for", CACHE);
  if (await exists(ADDON) && await exists(stamp) && await Deno.readTextFile(stamp) === version) return;
  if (await exists(CACHE)) await Deno.remove(CACHE, { recursive: true });
  await Deno.mkdir(CACHE, { recursive: true });
  await Deno.writeTextFile(new URL("./package.json", CACHE), `{ "name": "raw-socket-npm", "private": true }\n`);
  const args = ["install", "--no-audit", "--no-fund", PACKAGE];
  try {
    const settings = await headerSettings();
    const install = (): Promise<string> => run("npm", args, CACHE, settings, INSTALL_LIMIT_MS);
    await install().catch(install); // a registry may be busy
    if (!await exists(ADDON)) throw new Error("npm did not compile it");
  } catch (error) {
    throw new Error(`Cannot install ${PACKAGE}: it takes Debian's build-essential and python3`, { cause: error });
  }
  await Deno.writeTextFile(stamp, version);
}

/** Points node-gyp to the headers installed beside Node.js; without them it downloads some. */
async function headerSettings(): Promise<Record<string, string>> {
  const prefix = (await run("node", ["-p", "path.resolve(process.execPath, '../..')"], ROOT, {}, RUN_LIMIT_MS)).trim();
  return await exists(`${prefix}/include/node/node.h`) ? { npm_config_nodedir: prefix } : {};
}

async function exists(path: string | URL): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What a command prints. @throws Error with its standard error when it fails or exceeds the limit */
async function run(
  command: string,
  args: string[],
  cwd: URL,
  env: Record<string, string>,
  limitMs: number,
): Promise<string> {
  const child = new Deno.Command(command, { args, cwd, env, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const { code, signal, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const text = new TextDecoder().decode(stdout);
  if (code === 0) return text;
  const why = signal === null ? `exit status ${code}` : `${signal}`;
  throw new Error(`${command} ${args.join(" ")}: ${why}\n${text}${new TextDecoder().decode(stderr)}`);
}
