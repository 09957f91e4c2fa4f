// The names of routing tables, protocols, scopes, realms and groups on this machine, from iproute2's files.
import { NAME_FILES, type NameFile, type NameLookup, nameLookup, readNames } from "../core/routing/names.ts";

/** Where distributions have iproute2's own files; since 6.5 not in /etc any more. */
const USUAL_FOLDERS = ["/usr/lib/iproute2", "/usr/share/iproute2"];
const ETC_FOLDER = "/etc/iproute2";

/** Reads the files at the first question: most configurations have none. What is in `etcFolder` counts more; what cannot be read names nothing. */
export function routingNames(usrFolder: string | undefined, etcFolder = ETC_FOLDER): NameLookup {
  const folders = [...usrFolder === undefined ? USUAL_FOLDERS : [usrFolder], etcFolder];
  const read = (file: NameFile): (readonly [string, number])[] =>
    folders.flatMap((folder) => [`${folder}/${file}`, ...included(`${folder}/${file}.d`)].flatMap(namesIn));
  let names: NameLookup | undefined;
  return (file, text) => {
    names ??= nameLookup(Object.fromEntries(NAME_FILES.map((file) => [file, read(file)])));
    return names(file, text);
  };
}

/** Files `NAME.conf` of a folder, in order. */
function included(folder: string): string[] {
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    return names.filter((name) => name.endsWith(".conf") && !name.startsWith(".")).sort().map((name) =>
      `${folder}/${name}`
    );
  } catch {
    return [];
  }
}

function namesIn(path: string): (readonly [string, number])[] {
  try {
    return readNames(Deno.readTextFileSync(path));
  } catch {
    return [];
  }
}
