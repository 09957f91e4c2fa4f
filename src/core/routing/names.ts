// Names of tables, protocols, scopes and the like, as iproute2 keeps them in files (/etc/iproute2/rt_tables and others).

/** The files, by their names. */
export const NAME_FILES = ["rt_tables", "rt_protos", "rt_scopes", "rt_realms", "rt_dsfield", "group"] as const;
export type NameFile = typeof NAME_FILES[number];

/** The number of a name, or of a number that is written; undefined when nothing is called so. */
export type NameLookup = (file: NameFile, text: string) => number | undefined;

/** What is called so on every system (linux/rtnetlink.h). */
const BUILT_IN: Readonly<Record<NameFile, readonly (readonly [string, number])[]>> = {
  rt_tables: [["unspec", 0], ["default", 253], ["main", 254], ["local", 255]],
  rt_protos: [
    ["unspec", 0],
    ["redirect", 1],
    ["kernel", 2],
    ["boot", 3],
    ["static", 4],
    ["ra", 9],
    ["zebra", 11],
    [
      "bird",
      12,
    ],
    ["dhcp", 16],
    ["keepalived", 18],
    ["babel", 42],
    ["bgp", 186],
    ["isis", 187],
    ["ospf", 188],
    ["rip", 189],
    [
      "eigrp",
      192,
    ],
  ],
  rt_scopes: [["global", 0], ["universe", 0], ["site", 200], ["link", 253], ["host", 254], ["nowhere", 255]],
  rt_realms: [["cosmos", 0]],
  rt_dsfield: [],
  group: [["default", 0]],
};

/** Lines of such a file: a number, decimal or after 0x, and its name. */
export function readNames(text: string): (readonly [string, number])[] {
  return text.split("\n").flatMap((line) => {
    const [number = "", name] = line.replace(/#.*/, "").trim().split(/\s+/);
    const value = plainNumber(number);
    return value === undefined || name === undefined ? [] : [[name, value] as const];
  });
}

/** Looks names up in what the files say, and in what is called so everywhere. */
export function nameLookup(files: Partial<Record<NameFile, readonly (readonly [string, number])[]>>): NameLookup {
  const tables = new Map(NAME_FILES.map((file) => [file, new Map([...BUILT_IN[file], ...files[file] ?? []])]));
  return (file, text) => plainNumber(text) ?? tables.get(file)?.get(text);
}

/** Takes every name for one of the system's: for reading a file that another machine will run. */
export const anyName: NameLookup = (_file, text) => plainNumber(text) ?? 0;

/** A number of 32 bits, decimal or after 0x. */
export function plainNumber(text: string, max = 0xffffffff): number | undefined {
  if (!/^(\d{1,15}|0x[0-9a-f]{1,12})$/i.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}
