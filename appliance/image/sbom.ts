// Writes what the appliance is made of: an SPDX 2.3 document, and a list of packages with their licences.
// Arguments: folder of Debian packages, Holdfast's package, deno.lock, the document, the list.
import { licencesOf, npmPackages, type Part, spdxDocument } from "./spdx.ts";

const [debs = "", holdfast = "", lock = "", documentPath = "", listPath = ""] = Deno.args;

const files = [...Deno.readDirSync(debs)].map(({ name }) => name).filter((name) => name.endsWith(".deb")).toSorted();
const parts: Part[] = [];
for (const path of [...files.map((name) => `${debs}/${name}`), holdfast]) parts.push(await debianPackage(path));
parts.push(...npmPackages(JSON.parse(await Deno.readTextFile(lock))));

const epochSeconds = Number(Deno.env.has("SOURCE_DATE_EPOCH") ? Deno.env.get("SOURCE_DATE_EPOCH") : 0);
await Deno.writeTextFile(documentPath, spdxDocument(parts, new Date(epochSeconds * 1000)));
const lines = parts.map(({ name, version, licences }) =>
  `${name} ${version}: ${licences.join(", ") || "see its copyright text"}`
);
await Deno.writeTextFile(
  listPath,
  `Licences in the Holdfast appliance. The texts are in the image, /usr/share/doc/*/copyright and
/usr/share/common-licenses; sources of the Debian packages: apt-get source NAME=VERSION.

${lines.join("\n")}
`,
);

async function debianPackage(path: string): Promise<Part> {
  const [name = "", version = "", source = ""] =
    (await output("dpkg-deb", "--show", "--showformat=${Package}\\n${Version}\\n${source:Package}", path))
      .split("\n");
  const bytes = await Deno.readFile(path);
  const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const copyright = await copyrightText(path, name);
  return { name, version, source, kind: "deb", sha256, licences: licencesOf(copyright) };
}

/** The text in the package; empty when it is a link to another package's. */
async function copyrightText(path: string, name: string): Promise<string> {
  const archive = new Deno.Command("sh", {
    args: [
      "-c",
      'dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/share/doc/$2/copyright" 2>/dev/null || true',
      "sh",
      path,
      name,
    ],
    stdout: "piped",
  });
  return new TextDecoder().decode((await archive.output()).stdout);
}

async function output(command: string, ...args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(command, { args, stdout: "piped" }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}
