// `holdfast genhash`: the MD5 of a page for `digest` of HTTP_GET and SSL_GET, with the options and the output of the
// program that comes with keepalived. Unlike it, what went wrong goes to standard error and makes the exit status 1.
import { parseIp } from "../base/ip.ts";
import { ProbeSockets } from "../linux/probe_sockets.ts";
import type { HttpRequest } from "../probe/http.ts";
import { type Page, readPage } from "../probe/page_digest.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";

/** The options of the command. */
export interface GenhashOptions {
  readonly server: string;
  readonly port: number;
  readonly url: string;
  readonly useSsl: boolean;
  /** Send `useVirtualhost` in the TLS handshake. */
  readonly useSni: boolean;
  readonly useVirtualhost?: string;
  readonly verbose: boolean;
  readonly fwmark?: number;
  readonly protocol: "1.0" | "1.0c" | "1.0C" | "1.1";
  /** Seconds, for the connection and for each of what follows. */
  readonly timeout: number;
}

const encoder = new TextEncoder();

/** Prints the digest. @returns the exit status */
export async function genhash(options: GenhashOptions): Promise<number> {
  if (parseIp(options.server) === undefined) {
    console.error(`error: the server must be an address, and \`${options.server}\` is none`);
    return EXIT_FAILURE;
  }
  const sockets = new ProbeSockets();
  const start = performance.now();
  const page = await readPage(
    ({ hostname: address, port, signal, source }) =>
      sockets.connect({ address, port, ...(source === undefined ? {} : { source }) }, signal),
    requestOf(options),
    new AbortController().signal,
  );
  if (!page.ok) {
    console.error(`error: ${page.text}`);
    return EXIT_FAILURE;
  }
  if (options.verbose) {
    const us = Math.round((performance.now() - start) * 1000);
    print(verboseOutput(page, options.url, us));
  } else {
    console.log(page.digest);
  }
  if (page.code < 200 || page.code > 299) {
    console.error(`warning: this is the page of ${page.code} ${page.reason}; a check wants 200 to 299 by default`);
  }
  return EXIT_OK;
}

function requestOf(options: GenhashOptions): HttpRequest {
  const { server, port, url, useSsl, useSni, useVirtualhost, fwmark = 0, protocol, timeout } = options;
  return {
    type: "http",
    target: { address: server, port, timeoutMs: timeout * 1000, ...(fwmark === 0 ? {} : { source: { fwmark } }) },
    url: { path: url, statusCodes: [], ...(useVirtualhost === undefined ? {} : { virtualHost: useVirtualhost }) },
    httpVersion: protocol === "1.1" ? "1.1" : protocol === "1.0" ? "1.0" : "1.0C",
    ...(useSsl ? { tls: useSni && useVirtualhost !== undefined ? { serverName: useVirtualhost } : {} } : {}),
  };
}

/** What `-v` prints: headers and body as bytes and text. */
function verboseOutput(
  { head, body, digest }: Extract<Page, { ok: true }>,
  url: string,
  durationUs: number,
): Uint8Array[] {
  const digestBytes = Uint8Array.from(digest.match(/../g) ?? [], (hex) => parseInt(hex, 16));
  return [
    title("   HTTP Header Buffer   "),
    hexDump(head),
    title("HTTP Header Ascii Buffer"),
    head,
    text("\n"),
    ...body.flatMap((piece) => [title("       HTML Buffer       "), hexDump(piece)]),
    text("\n"),
    title("   HTML hash resulting   "),
    hexDump(digestBytes),
    title("HTML hash final resulting"),
    text(`${digest}\n\nGlobal response time for [${url}] = ${durationUs} usecs\n`),
  ];
}

function title(words: string): Uint8Array {
  return text(`-----------------------[ ${words} ]-----------------------\n`);
}

/** Sixteen bytes a line: offset (decimal), hex, text. */
function hexDump(bytes: Uint8Array): Uint8Array {
  let lines = "";
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const row = [...bytes.subarray(offset, offset + 16)];
    const hex = Array.from({ length: 16 }, (_, index) => {
      const byte = row[index];
      return `${index === 8 ? "- " : ""}${byte === undefined ? "  " : byte.toString(16).padStart(2, "0")} `;
    });
    const shown = row.map((byte) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".").join("");
    lines += `${String(offset).padStart(4, "0")}  ${hex.join("")}  ${shown.padEnd(16)}\n`;
  }
  return text(lines);
}

function text(words: string): Uint8Array {
  return encoder.encode(words);
}

function print(parts: readonly Uint8Array[]): void {
  for (const part of parts) {
    for (let sent = 0; sent < part.length;) sent += Deno.stdout.writeSync(part.subarray(sent));
  }
}
