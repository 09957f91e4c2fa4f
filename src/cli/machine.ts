// The machine that a configuration is checked against: its interfaces, scripts and users.
import type { Host } from "../config/host.ts";
import { InterfaceTable } from "../linux/interface_table.ts";

const ROOT = 0;
const OTHERS_WRITE = 0o022;
const EXECUTE = 0o111;
const STICKY = 0o1000;

/** This machine. */
export const machine: Host = {
  interfaceNames: () => {
    const table = new InterfaceTable();
    const names = table.names();
    table.close();
    return names;
  },
  script: (path) => {
    const file = status(path);
    if (file === undefined || !file.isFile) return "missing";
    if (((file.mode ?? 0) & EXECUTE) === 0) return "not-executable";
    return [path, ...foldersAbove(path)].some(isOpenToOthers) ? "insecure" : "ok";
  },
  hasUser: (name) => /^\d+$/.test(name) || users().has(name),
};

function status(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

function foldersAbove(path: string): string[] {
  const parts = path.split("/").slice(1, -1);
  return ["/", ...parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`)];
}

/** Whether others than root could put something else in the place of a file. */
function isOpenToOthers(path: string): boolean {
  const file = status(path);
  if (file === undefined) return false;
  const mode = file.mode ?? 0;
  const isShared = (mode & OTHERS_WRITE) !== 0 && !(file.isDirectory && (mode & STICKY) !== 0);
  return file.uid !== ROOT || isShared;
}

function users(): Set<string> {
  try {
    return new Set(Deno.readTextFileSync("/etc/passwd").split("\n").map((line) => line.split(":")[0] ?? ""));
  } catch {
    return new Set();
  }
}
