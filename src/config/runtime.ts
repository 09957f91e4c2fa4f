// What this program's runtime can do, where its versions differ (docs/building.md: Deno 2.4 to 2.9).

/** The first version whose TLS servers ask clients for a certificate: earlier ones let everybody in without asking. */
export const CLIENT_CERTIFICATES_SINCE = "2.9";

/** Whether a TLS server can ask for client certificates. @param version Deno's */
export function asksForCertificates(version = Deno.version.deno): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 9);
}
