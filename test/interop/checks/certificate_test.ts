// TLS_CHECK against OpenSSL: versions, keys, groups, and what it refuses.
import type { Outcome } from "./ask.ts";
import { ask } from "./ask.ts";
import { assertEquals } from "../../assert.ts";
import { run } from "../../support/command.ts";
import { testWith } from "../../support/requirements.ts";
import { Servers } from "./servers.ts";

const DAY_MS = 86_400_000;

testWith(["program:openssl"], "TLS_CHECK reads certificates of every version, key and group of OpenSSL", async () => {
  const servers = new Servers();
  try {
    const path = (name: string): string => `${servers.folder}/${name}`;
    const make = async (name: string, days: number, ...key: string[]): Promise<void> => {
      const files = ["-keyout", path(`${name}.key`), "-out", path(`${name}.pem`)];
      await run("openssl", "req", "-x509", "-nodes", "-subj", `/CN=${name}`, "-days", String(days), ...key, ...files);
    };
    await make("rsa", 20, "-newkey", "rsa:2048");
    await make("ec", 90, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256");
    await make("old", 20, "-newkey", "rsa:1024");
    await make("far", 36_500, "-newkey", "ed25519"); // its end is a GeneralizedTime
    const start = async (certificate: string, ...options: string[]): Promise<number> => {
      const port = servers.freePort();
      const files = ["-cert", path(`${certificate}.pem`), "-key", path(`${certificate}.key`)];
      await servers.startAt(port, "openssl", "s_server", "-accept", String(port), "-quiet", ...files, ...options);
      return port;
    };
    const look = async (certificate: string, ...options: string[]): Promise<Outcome> =>
      await ask(await start(certificate, ...options), {
        type: "tls",
        tls: { serverName: "www.example.net" },
        warnDays: 14,
      });

    const weak = ["-cipher", "ALL:@SECLEVEL=0"];
    const good: [string, string[]][] = [
      ["rsa", ["-tls1_3"]],
      ["ec", ["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"]],
      ["ec", ["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-groups", "P-256"]],
      ["rsa", ["-tls1_3", "-groups", "P-384"]],
      ["rsa", ["-tls1_3", "-Verify", "1"]],
      ["rsa", ["-tls1_3", "-cert_chain", path("ec.pem")]],
      ["far", ["-tls1_3"]],
      ["rsa", ["-tls1_2"]],
      ["ec", ["-tls1_2"]],
      ["rsa", ["-tls1_2", "-cipher", "AES128-SHA"]],
      ["old", ["-tls1_2", ...weak]],
      ["rsa", ["-tls1_1", ...weak]],
      ["rsa", ["-tls1", ...weak]],
    ];
    const days: Record<string, number> = { rsa: 20, ec: 90, old: 20, far: 36_500 };
    for (const [certificate, options] of good) {
      const { ok, text, certificate: seen } = await look(certificate, ...options);
      assertEquals([ok, seen?.ending], [true, false], `${certificate} ${options.join(" ")}: ${text}`);
      const left = ((seen?.notAfterMs ?? 0) - Date.now()) / DAY_MS;
      assertEquals(Math.round(left), days[certificate], `${certificate} ${options.join(" ")}`);
    }
    const refused = async (...options: string[]): Promise<string> => {
      const { ok, status, text } = await look("rsa", ...options);
      assertEquals([ok, status], [false, "L6RSP"], text);
      return text;
    };
    const failure = "no TLS: the server says handshake_failure";
    assertEquals(await refused("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"), failure);
    const retry = "no TLS: the server wants a key exchange that is not known here";
    const group = await refused("-tls1_3", "-groups", "P-521");
    assertEquals([failure, retry].includes(group), true, group);
    const named = [
      "-servername",
      "other.example.net",
      "-servername_fatal",
      "-cert2",
      path("ec.pem"),
      "-key2",
      path("ec.key"),
    ];
    assertEquals(await refused("-tls1_3", ...named), "no TLS: the server says unrecognized_name");
  } finally {
    await servers.close();
  }
});
