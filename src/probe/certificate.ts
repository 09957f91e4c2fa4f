// TLS_CHECK: how many days the certificate is still valid that a server shows. Whom it names is not looked at.
//
// The handshake is begun here, and left when the certificate has come: Deno's own TLS gives nobody the certificate, and
// node:tls only from Deno 2.9 on. So the server proves nothing else, and one that speaks TLS 1.0 shows its own, too.
import type { ProbeRequest } from "../ports/probes.ts";
import {
  alertName,
  decodeRecord,
  encodeClientHello,
  encodeHandshakeRecord,
  HANDSHAKE,
  HandshakeMessages,
  readCertificate,
  readServerHello,
  RECORD,
  type TlsRecord,
} from "../wire/tls_hello.ts";
import { notAfterMs } from "../wire/x509.ts";
import { Conversation, type Understood } from "./conversation.ts";
import { randomBytes } from "./datagram.ts";
import { type Connect, type Finding, openConnection, printable } from "./tcp.ts";
import { ownShares, ServerHandshakeKeys } from "./tls_handshake_keys.ts";

/** A question for a certificate. */
export type CertificateRequest = Extract<ProbeRequest, { type: "tls" }>;

const DAY_MS = 86_400_000;
/** A handshake up to the certificate takes a handful. */
const MAX_RECORDS = 50;

/** Connects, says hello, looks at the certificate; connection and each record have `timeoutMs`. @param nowMs wall clock */
export async function probeCertificate(
  connect: Connect,
  request: CertificateRequest,
  signal: AbortSignal,
  nowMs: () => number = Date.now,
): Promise<Finding> {
  const { target } = request;
  const connected = await openConnection(connect, target, signal);
  if (!connected.ok) return connected.finding;
  const { connection } = connected;
  try {
    const conversation = new Conversation(connection, target.timeoutMs, signal);
    const shown = await certificateOf(conversation, request.tls.serverName);
    return shown instanceof Uint8Array ? judge(shown, request, nowMs()) : shown;
  } catch (error) {
    // What the server sent does not fit together: a share that is none, a record that it did not encrypt.
    return noTls(error instanceof Error ? error.message || error.name : String(error));
  } finally {
    connection.close();
  }
}

/** The certificate, in DER. @throws when what the server sends cannot be decrypted */
async function certificateOf(
  conversation: Conversation,
  serverName: string | undefined,
): Promise<Uint8Array | Finding> {
  const shares = await ownShares();
  const hello = encodeClientHello({ random: randomBytes(32), sessionId: randomBytes(32), shares, serverName });
  await conversation.say(encodeHandshakeRecord(hello));
  const messages = new HandshakeMessages();
  const encrypted = new HandshakeMessages();
  let keys: ServerHandshakeKeys | undefined;
  for (let records = 0; records < MAX_RECORDS; records++) {
    const heard = await conversation.hear("certificate", record);
    if (!heard.ok) return { ...heard.finding, status: heard.finding.status === "L7TOUT" ? "L6TOUT" : "L6RSP" };
    const isEncrypted = keys !== undefined && heard.value.type === RECORD.applicationData;
    const { type, content } = isEncrypted && keys !== undefined
      ? await keys.open(heard.value)
      : { type: heard.value.type, content: heard.value.payload };
    if (type === RECORD.alert) return noTls(`the server says ${alertName(content)}`);
    if (type !== RECORD.handshake) continue;
    const pool = isEncrypted ? encrypted : messages;
    if (!pool.push(content)) return noTls("a handshake without end");
    for (let message = pool.next(); message !== undefined; message = pool.next()) {
      if (message.type === HANDSHAKE.certificate) {
        return readCertificate(message.body, isEncrypted) ?? noTls("the server shows no certificate");
      }
      if (message.type !== HANDSHAKE.serverHello || isEncrypted) continue;
      const chosen = readServerHello(message.body);
      if (chosen === undefined) return noTls("the server's hello makes no sense");
      if (chosen.retries) return noTls("the server wants a key exchange that is not known here");
      const transcript = Uint8Array.from([...hello, ...message.whole]);
      if (chosen.isTls13) keys = await ServerHandshakeKeys.derive(shares, chosen, transcript);
    }
  }
  return noTls(`${MAX_RECORDS} records came without a certificate`);
}

function record(bytes: Uint8Array): Understood<TlsRecord> {
  const decoded = decodeRecord(bytes);
  if (decoded === undefined || typeof decoded === "string") return decoded && `no TLS: ${decoded}`;
  return { value: decoded.record, length: decoded.length };
}

function noTls(why: string): Finding {
  return { ok: false, status: "L6RSP", text: printable(`no TLS: ${why}`) };
}

function judge(der: Uint8Array, { warnDays, failDays }: CertificateRequest, nowMs: number): Finding {
  const end = notAfterMs(der);
  if (end === undefined) return { ok: false, status: "L6RSP", text: "the server's certificate cannot be read" };
  const daysLeft = Math.floor((end - nowMs) / DAY_MS);
  const certificate = { notAfterMs: end, daysLeft, ending: daysLeft < warnDays };
  const text = validity(daysLeft, end);
  if (failDays !== undefined && daysLeft < failDays) return { ok: false, status: "L7RSP", text, certificate };
  return { ok: true, status: "L7OK", text, certificate };
}

function validity(daysLeft: number, endMs: number): string {
  const [day] = new Date(endMs).toISOString().split("T");
  const days = Math.abs(daysLeft < 0 ? daysLeft + 1 : daysLeft);
  const count = `${days} day${days === 1 ? "" : "s"}`;
  return daysLeft < 0
    ? `the certificate expired ${count} ago (${day})`
    : `the certificate is valid for ${count} (${day})`;
}
