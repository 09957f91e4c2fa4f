// Serves one file over https on loopback, and hangs up in the middle of answers.
// Arguments: file, where to write the certificate authority, where to write the port, bytes of the first answer, of the others;
// `silent`: instead of hanging up it says nothing more.
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY, TEST_CA } from "../support/loopback_certificate.ts";

const [path = "", caPath = "", portPath = "", first = "", others = "", ending = ""] = Deno.args;

const size = Deno.statSync(path).size;
const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: LOOPBACK_CERTIFICATE, key: LOOPBACK_KEY });
Deno.writeTextFileSync(caPath, TEST_CA);
Deno.writeTextFileSync(portPath, String(listener.addr.port));

let answers = 0;
for await (const connection of listener) {
  answer(connection).catch(() => {/* The client has gone. */}).finally(() => {
    try {
      connection.close();
    } catch {
      // It is closed.
    }
  });
}

async function answer(connection: Deno.TlsConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  const length = await connection.read(buffer);
  if (length === null) return;
  const request = new TextDecoder().decode(buffer.subarray(0, length));
  const from = Number(request.match(/\r\nrange: bytes=(\d+)-/i)?.[1] ?? 0);
  const head = from === 0 ? "200 OK" : `206 Partial Content\r\nContent-Range: bytes ${from}-${size - 1}/${size}`;
  await write(
    connection,
    new TextEncoder().encode(
      `HTTP/1.1 ${head}\r\nContent-Length: ${size - from}\r\nETag: "one"\r\nConnection: close\r\n\r\n`,
    ),
  );
  using file = await Deno.open(path);
  await file.seek(from, Deno.SeekMode.Start);
  for (let left = Number(answers++ === 0 ? first : others); left > 0;) {
    const read = await file.read(buffer.subarray(0, Math.min(left, buffer.length)));
    if (read === null) return await connection.closeWrite();
    await write(connection, buffer.subarray(0, read));
    left -= read;
  }
  while (ending === "silent" && await connection.read(buffer) !== null);
}

async function write(connection: Deno.TlsConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
