// Reads our own sources and keeps the house in order: floors, pure cores, file sizes, and what must not be in a repository.
import { assert, assertEquals } from "./assert.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** Floor of each folder of src/ (docs: README, "Where things are"). A file imports lower floors and its own folder. */
const FLOORS: Readonly<Record<string, number>> = {
  base: 0,
  wire: 1,
  core: 2,
  ports: 3,
  appliance: 4,
  config: 4,
  linux: 4,
  probe: 4,
  engine: 5,
  http: 6,
  daemon: 7,
  cli: 8,
};
/** Floors up to this one know no clock, no randomness, no Deno, no promises: time comes in, effects go out as values. */
const PURE_FLOOR = 2;
const IMPURE =
  /\bDeno\.|\bDate\b|\bperformance\.|Math\.random|\basync\b|\bawait\b|\bsetTimeout\b|\bsetInterval\b|\bcrypto\./;
/** Past this a file is a table, or two files. */
const MAX_LINES = 500;

const sources = [...walk(`${ROOT}src`)].filter((path) => /\.tsx?$/.test(path));
const products = sources.filter((path) => !/_test\.tsx?$/.test(path));

Deno.test("every folder of src has a floor, and no file imports a higher one", () => {
  const found: string[] = [];
  for (const path of products) {
    const folder = folderOf(path);
    const floor = FLOORS[folder];
    assert(floor !== undefined, `${path}: the folder ${folder} has no floor`);
    for (const target of imports(path)) {
      const other = folderOf(target);
      if (other === folder) continue;
      const otherFloor = FLOORS[other];
      if (otherFloor === undefined || otherFloor >= floor) found.push(`${short(path)} imports ${short(target)}`);
    }
  }
  assertEquals(found, []);
});

Deno.test("engine sees ports, never linux or probe; http never sees linux", () => {
  const found: string[] = [];
  for (const path of products) {
    const forbidden = { engine: ["linux", "probe"], http: ["linux", "probe"] }[folderOf(path)] ?? [];
    for (const target of imports(path)) {
      if (forbidden.includes(folderOf(target))) found.push(`${short(path)}: ${target}`);
    }
  }
  assertEquals(found, []);
});

Deno.test("the pure floors have no clock, randomness, Deno or promises", () => {
  const found: string[] = [];
  for (const path of products) {
    if ((FLOORS[folderOf(path)] ?? Infinity) > PURE_FLOOR) continue;
    const match = withoutComments(Deno.readTextFileSync(path)).match(IMPURE);
    if (match !== null) found.push(`${short(path)}: ${match[0]}`);
  }
  assertEquals(found, []);
});

Deno.test("the vrrp role imports no package", () => {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const specifier of specifiers(path)) {
      assert(specifier.startsWith("."), `${short(path)} imports ${specifier}`);
    }
    for (const target of imports(path)) visit(target);
  };
  visit(`${ROOT}src/daemon/vrrp_role.ts`);
  assert(seen.size > 20, "the imports were followed");
});

Deno.test("every source opens with a comment that says what it is, and ends before it is too long", () => {
  const found: string[] = [];
  for (const path of products) {
    const text = Deno.readTextFileSync(path);
    if (!/^(\/\/ |\/\*\*)/.test(text)) found.push(`${short(path)}: no opening comment`);
    const lines = text.split("\n").length;
    if (lines > MAX_LINES) found.push(`${short(path)}: ${lines} lines`);
  }
  assertEquals(found, []);
});

Deno.test("nothing is left undone, and nothing of one machine is in the tree", () => {
  // Spelled apart so that this file does not find itself.
  const unwanted = new RegExp(
    ["TO" + "DO", "FIX" + "ME", "\\bXX" + "X:", "/wor" + "k/", "registry\\.np" + "mjs", "deb\\.deb" + "ian\\.org"].join(
      "|",
    ),
  );
  const found: string[] = [];
  for (const folder of ["src", "test", "appliance", "docs"]) {
    for (const path of walk(`${ROOT}${folder}`)) {
      const match = Deno.readTextFileSync(path).match(unwanted);
      if (match !== null) found.push(`${short(path)}: ${match[0]}`);
    }
  }
  assertEquals(found, []);
});

function* walk(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* walk(path);
    else if (/\.(tsx?|mjs|sh|md|conf|txt|json)$/.test(entry.name)) yield path;
  }
}

/** Specifiers of the static and dynamic imports and re-exports of a file. */
function specifiers(path: string): string[] {
  const text = withoutComments(Deno.readTextFileSync(path));
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^;"']*?from\s*"([^"]+)"|\bimport\(\s*"([^"]+)"|^import "([^"]+)"/g,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

/** Paths of a file's imports within the project. */
function imports(path: string): string[] {
  return specifiers(path)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => new URL(specifier, `file://${path}`).pathname);
}

function folderOf(path: string): string {
  return path.slice(`${ROOT}src/`.length).split("/")[0] ?? "";
}

function short(path: string): string {
  return path.slice(ROOT.length);
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'])\/\/.*$/gm, "$1");
}
