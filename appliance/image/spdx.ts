// What software consists of, as an SPDX 2.3 document. Reads no files.

/** One package in the appliance. */
export interface Part {
  readonly name: string;
  readonly version: string;
  /** Debian source package, or the same as the name. */
  readonly source: string;
  readonly kind: "deb" | "npm";
  /** In hexadecimal; npm's lock has SHA-512. */
  readonly sha256?: string;
  readonly sha512?: string;
  /** Short names as the package gives them. */
  readonly licences: readonly string[];
}

/** Short names of licences in a machine-readable copyright text (DEP-5); none when it is free text. */
export function licencesOf(copyright: string): string[] {
  const names = [...copyright.matchAll(/^License:[ \t]*(\S.*)$/gm)].map((match) => (match[1] ?? "").trim());
  return [...new Set(names)].toSorted();
}

/** npm packages of a deno.lock. */
export function npmPackages(
  lock: { readonly npm?: Readonly<Record<string, { readonly integrity?: string }>> },
): Part[] {
  return Object.entries(lock.npm ?? {}).map(([key, { integrity }]) => {
    const at = key.indexOf("@", 1); // a scope begins with one, too
    const name = key.slice(0, at);
    const version = key.slice(at + 1).split("_")[0] ?? "";
    const base64 = integrity?.startsWith("sha512-") ? integrity.slice("sha512-".length) : undefined;
    const sha512 = base64 && Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).toHex();
    return { name, version, source: name, kind: "npm", ...(sha512 && { sha512 }), licences: [] };
  });
}

/** The document, the same for the same parts and time. */
export function spdxDocument(parts: readonly Part[], created: Date): string {
  const document = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: "holdfast-appliance-amd64",
    documentNamespace: `https://spdx.org/spdxdocs/holdfast-appliance-amd64-${created.getTime() / 1000}`,
    creationInfo: { created: created.toISOString().replace(/\.\d+Z$/, "Z"), creators: ["Tool: holdfast-make-image"] },
    packages: parts.map((part) => ({
      SPDXID: `SPDXRef-${part.kind}-${part.name.replace(/[^A-Za-z0-9.-]/g, "-")}-${
        part.version.replace(/[^A-Za-z0-9.-]/g, "-")
      }`,
      name: part.name,
      versionInfo: part.version,
      downloadLocation: "NOASSERTION",
      filesAnalyzed: false,
      licenseConcluded: "NOASSERTION",
      licenseDeclared: "NOASSERTION",
      ...(part.licences.length > 0 && { licenseComments: `As the package says: ${part.licences.join(", ")}` }),
      copyrightText: "NOASSERTION",
      ...checksumsOf(part),
      externalRefs: [{
        referenceCategory: "PACKAGE-MANAGER",
        referenceType: "purl",
        referenceLocator: part.kind === "deb"
          ? `pkg:deb/debian/${part.name}@${encodeURIComponent(part.version)}?arch=amd64`
          : `pkg:npm/${part.name.replace("@", "%40")}@${part.version}`,
      }],
    })),
    relationships: parts.map((part) => ({
      spdxElementId: "SPDXRef-DOCUMENT",
      relationshipType: "DESCRIBES",
      relatedSpdxElement: `SPDXRef-${part.kind}-${part.name.replace(/[^A-Za-z0-9.-]/g, "-")}-${
        part.version.replace(/[^A-Za-z0-9.-]/g, "-")
      }`,
    })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function checksumsOf({ sha256, sha512 }: Part): { checksums?: { algorithm: string; checksumValue: string }[] } {
  const value = sha256 ?? sha512;
  if (value === undefined) return {};
  return { checksums: [{ algorithm: sha256 === undefined ? "SHA512" : "SHA256", checksumValue: value }] };
}
