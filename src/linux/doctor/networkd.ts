// What systemd-networkd manages and how, from its state and its files.
import { namesIn, textOf } from "../file_facts.ts";
import type { NetworkdFacts } from "../../ports/machine.ts";

/** Where networkd looks for files and drop-ins; what is in the earlier one of the same name counts. */
const FOLDERS = ["etc/systemd", "run/systemd", "usr/local/lib/systemd", "usr/lib/systemd"];

/** Reads it; undefined where networkd manages nothing. @param root of the file system, with its slash */
export function readNetworkd(root = "/"): NetworkdFacts | undefined {
  const links = namesIn(`${root}run/systemd/netif/links`).flatMap((index) => {
    const state = settingsOf(textOf(`${root}run/systemd/netif/links/${index}`) ?? "");
    const file = state.get("NETWORK_FILE");
    if (file === undefined) return [];
    const name = state.get("IFNAME") ?? nameOfIndex(index, root);
    if (name === undefined) return [];
    const kept = valueIn([`${root}${file.slice(1)}`, ...dropIns("network", baseName(file), root)], "KeepConfiguration");
    return [{ interface: name, file, keepConfiguration: kept ?? "no" }];
  });
  if (links.length === 0) return undefined;
  const main = FOLDERS.map((folder) => `${root}${folder}/networkd.conf`).find((path) => (textOf(path) ?? "") !== "");
  const files = [...(main === undefined ? [] : [main]), ...dropIns(".", "networkd.conf", root)];
  const isOn = (key: string): boolean => !/^(no|false|off|0)$/i.test(valueIn(files, key) ?? "yes");
  return {
    links,
    managesForeignRoutes: isOn("ManageForeignRoutes"),
    managesForeignRules: isOn("ManageForeignRoutingPolicyRules"),
  };
}

/** Files of NAME.d in order of their names; each name counts once. */
function dropIns(folder: string, name: string, root: string): string[] {
  const found = new Map<string, string>();
  for (const base of FOLDERS) {
    const path = `${root}${base}/${folder}/${name}.d`;
    for (const file of namesIn(path)) {
      if (file.endsWith(".conf") && !found.has(file)) found.set(file, `${path}/${file}`);
    }
  }
  return [...found.keys()].toSorted().map((file) => found.get(file) as string);
}

/** The last value of a key. */
function valueIn(files: readonly string[], key: string): string | undefined {
  return files.map((file) => settingsOf(textOf(file) ?? "").get(key)).findLast((value) => value !== undefined);
}

/** Lines `KEY=VALUE`; sections don't matter here, for no two have the same keys. */
function settingsOf(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^[ \t]*([A-Za-z0-9_]+)[ \t]*=[ \t]*(.*?)[ \t]*$/gm)].map((
      match,
    ) => [match[1] ?? "", match[2] ?? ""]),
  );
}

/** The state tells only the index of a link. */
function nameOfIndex(index: string, root: string): string | undefined {
  return namesIn(`${root}sys/class/net`).find((name) =>
    textOf(`${root}sys/class/net/${name}/ifindex`)?.trim() === index
  );
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
