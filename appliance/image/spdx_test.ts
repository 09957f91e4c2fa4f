// The SBOM's parts: licences out of Debian's copyright texts, npm packages out of deno.lock, the document.
import { assertEquals } from "../../test/assert.ts";
import { licencesOf, npmPackages, spdxDocument } from "./spdx.ts";

Deno.test("licencesOf() takes the short names of DEP-5, each once, and nothing of free text", () => {
  const text =
    "Format: x\n\nFiles: *\nLicense: GPL-2+\n\nFiles: a\nLicense: BSD-3-clause or MIT\n text\n\nLicense: GPL-2+\n long";
  assertEquals(licencesOf(text), ["BSD-3-clause or MIT", "GPL-2+"]);
  assertEquals(licencesOf("This package is free.\n  License: see below"), []);
});

Deno.test("npmPackages() reads names with scopes, versions without peers, and checksums", () => {
  assertEquals(npmPackages({ npm: { "@a/b@1.2.3_c@4.0.0": { integrity: "sha512-AAH/" }, "c@4.0.0": {} } }), [
    { name: "@a/b", version: "1.2.3", source: "@a/b", kind: "npm", sha512: "0001ff", licences: [] },
    { name: "c", version: "4.0.0", source: "c", kind: "npm", licences: [] },
  ]);
});

Deno.test("spdxDocument() names each part with a package URL and its checksum", () => {
  const part = {
    name: "libc6",
    version: "2.36-9+deb12u1",
    source: "glibc",
    kind: "deb",
    sha256: "ab",
    licences: ["LGPL-2.1"],
  } as const;
  const document = JSON.parse(spdxDocument([part], new Date(0)));
  assertEquals(document.creationInfo.created, "1970-01-01T00:00:00Z");
  assertEquals(document.packages[0].SPDXID, "SPDXRef-deb-libc6-2.36-9-deb12u1");
  assertEquals(
    document.packages[0].externalRefs[0].referenceLocator,
    "pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64",
  );
  assertEquals(document.packages[0].checksums, [{ algorithm: "SHA256", checksumValue: "ab" }]);
  assertEquals(document.relationships[0].relatedSpdxElement, document.packages[0].SPDXID);
});
