// Whether a command may be run as root: it has to be there, and nobody else may be able to put something in its place
// (keepalived.conf(5), enable_script_security).

const ROOT = 0;
const OTHERS_WRITE = 0o022;
const EXECUTE = 0o111;
const STICKY = 0o1000;

/** What would come of running a file. `insecure`: others than root can change it, or a folder above it. */
export function scriptProblem(path: string): "ok" | "missing" | "not-executable" | "insecure" {
  const file = status(path);
  if (file === undefined || !file.isFile) return "missing";
  if (((file.mode ?? 0) & EXECUTE) === 0) return "not-executable";
  return [path, ...foldersAbove(path)].some(isOpenToOthers) ? "insecure" : "ok";
}

/** Why a program must not be run by root when script security is on; undefined when it may. */
export function refusalOf(program: string, isRoot: boolean): string | undefined {
  if (!isRoot || !program.startsWith("/") || scriptProblem(program) !== "insecure") return undefined;
  return `others than root can change ${program}, and \`enable_script_security\` is set`;
}

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
