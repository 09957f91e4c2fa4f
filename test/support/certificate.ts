// A self-signed certificate, as openssl makes it.
import { run } from "./command.ts";

/**
 * Writes `cert.pem` and `key.pem` into a folder.
 *
 * @param name whom it is for, as openssl has it: `IP:192.0.2.1`, `DNS:localhost`
 */
export async function makeCertificate(folder: string, name: string): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${folder}/key.pem`];
  const subject = ["-subj", "/CN=test", "-addext", `subjectAltName=${name}`, "-addext", "basicConstraints=CA:FALSE"];
  await run("openssl", "req", "-x509", ...key, "-out", `${folder}/cert.pem`, "-days", "2", ...subject);
}
