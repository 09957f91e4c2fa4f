// The client certificate that SSL_GET shows, from the files that block `SSL` names. Read anew for each check: they are renewed.
import type { ProbeTls } from "../ports/probes.ts";

/** Certificate chain and key in PEM. */
export type ClientCredentials = NonNullable<ProbeTls["client"]>;

/** Larger files are no certificates. */
const MAX_FILE_BYTES = 1 << 20;

/** What to show, if anything. @throws Error with one sentence when a file cannot be read */
export async function clientCredentials({ client, clientFiles }: ProbeTls): Promise<ClientCredentials | undefined> {
  if (client !== undefined || clientFiles === undefined) return client;
  const { certificate, key, password } = clientFiles;
  const [chain, secret] = await Promise.all([read(certificate), certificate === key ? undefined : read(key)]);
  return {
    certificate: blocks(chain, "CERTIFICATE"),
    key: blocks(secret ?? chain, "[A-Z ]*PRIVATE KEY"),
    ...(password === undefined ? {} : { password }),
  };
}

/** The blocks of one kind, for one file may hold certificates and key. A file without any is left for TLS to refuse. */
function blocks(pem: string, kind: string): string {
  const found = pem.match(new RegExp(`-----BEGIN (${kind})-----[^-]*-----END \\1-----`, "g"));
  return found === null ? pem : found.join("\n");
}

async function read(path: string): Promise<string> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile || size > MAX_FILE_BYTES) throw new Error("it is no file with a certificate");
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new Error(`cannot read \`${path}\`: ${error instanceof Error ? error.message : error}`);
  }
}
