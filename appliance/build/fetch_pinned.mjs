// Takes one file out of a pinned npm package: node fetch_pinned.mjs PIN DESTINATION.
// Plain JavaScript for Node.js 18 or newer, because it runs before there is a Deno. It runs no script of the package.
// deno-lint-ignore-file explicit-function-return-type

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

const pins = JSON.parse(readFileSync(new URL("pins.json", import.meta.url), "utf8"));

/** Downloads, checks and unpacks; DESTINATION appears whole or not at all. */
async function fetchPinned(pinName, destination) {
  const pin = pins[pinName];
  if (pin === undefined) throw new Error(`there is no pin named ${pinName} in pins.json`);
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(`pins.json has no ${pinName} for ${process.platform}-${process.arch}, only for linux-x64`);
  }
  mkdirSync(dirname(destination), { recursive: true });
  // Beside the destination, so that the last rename stays on one file system.
  const scratch = mkdtempSync(join(dirname(destination), ".fetch-"));
  try {
    const tarball = download(pin, scratch);
    await verify(pin, tarball);
    execFileSync("tar", ["-xzf", tarball, "-C", scratch, `package/${pin.file}`]);
    const file = join(scratch, "package", pin.file);
    chmodSync(file, 0o755);
    utimesSync(file, new Date(), new Date()); // newer than pins.json, as make wants it
    renameSync(file, destination);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Leaves the tarball in `scratch` and returns its path. npm knows the user's registry, proxy and certificates. */
function download(pin, scratch) {
  const spec = `${pin.package}@${pin.version}`;
  console.error(`fetching ${spec} from the npm registry`);
  const args = [
    "pack",
    spec,
    "--ignore-scripts",
    "--silent",
    "--pack-destination",
    scratch,
    "--cache",
    join(scratch, "cache"),
  ];
  for (let triesLeft = 2;; triesLeft--) {
    try {
      execFileSync("npm", args, { stdio: "ignore" });
      break;
    } catch (error) {
      if (error.code === "ENOENT") throw new Error("npm is not installed, and Deno is fetched with it");
      if (triesLeft > 0) continue;
      throw new Error(`npm cannot fetch ${spec}: is its registry reachable? (npm pack ${spec} shows more)`);
    }
  }
  return join(scratch, readdirSync(scratch).find((name) => name.endsWith(".tgz")));
}

/** Throws unless the tarball is byte for byte the pinned one, whatever mirror it came from. */
async function verify(pin, tarball) {
  const hash = createHash("sha512");
  await pipeline(createReadStream(tarball), hash);
  const integrity = `sha512-${hash.digest("base64")}`;
  if (integrity !== pin.integrity) {
    throw new Error(
      `${pin.package}@${pin.version} is not the pinned one: pinned ${pin.integrity}, received ${integrity}`,
    );
  }
}

try {
  const [pinName, destination] = process.argv.slice(2);
  if (destination === undefined) throw new Error("usage: node fetch_pinned.mjs PIN DESTINATION");
  await fetchPinned(pinName, destination);
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
