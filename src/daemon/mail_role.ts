// The mail role: hands mails to a mail server, as an unprivileged user. Started when there is a mail to send.
import { connect as connectTls, type TLSSocket } from "node:tls";
import { createTransport } from "nodemailer";
import { Reactor } from "../linux/reactor.ts";
import { ignoreTerminalSignals } from "./child_signals.ts";
import { Link } from "./link.ts";
import type { FromChild, ToMail } from "./messages.ts";
import { dropPrivileges } from "./privileges.ts";

type MailServer = (ToMail & { type: "send" })["server"];

/** Runs until the supervisor says so or is gone. */
export async function runMailRole(linkFd: number): Promise<void> {
  ignoreTerminalSignals();
  const link = new Link<FromChild>(linkFd);
  const reactor = new Reactor();
  const ended = Promise.withResolvers<void>();
  dropPrivileges({ keepNetwork: true });
  const obey = (message: ToMail): void => {
    if (message.type === "stop") return ended.resolve();
    send(message).then(
      () => link.post({ type: "mailed", id: message.id }),
      (error) => link.post({ type: "mailed", id: message.id, problem: describe(error) }),
    );
  };
  reactor.add(link.fd, () => {
    if (!link.receive((message) => obey(message as ToMail))) ended.resolve();
  });
  link.post({ type: "ready" });
  await ended.promise;
  Deno.exit(0); // a mail server that says nothing must not hold the process
}

/** One mail over a connection of its own; in plain SMTP, as keepalived does, unless TLS is wanted. */
async function send({ server, mail }: ToMail & { type: "send" }): Promise<void> {
  const { host, port, heloName, timeoutMs, tls, login, authorities } = server;
  const transport = createTransport({
    host,
    port,
    ...(tls === "tls" && { connection: await connect(server), secured: true }),
    name: heloName,
    secure: tls === "tls",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    ...(login && { auth: login }),
    ...(authorities !== undefined && { tls: { ca: authorities } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({ ...mail, to: [...mail.to], xMailer: "Holdfast" });
  } catch (error) {
    const problem = tls === "tls" ? await handshakeProblem(server) : undefined;
    throw problem === undefined ? error : new Error(problem);
  } finally {
    transport.close();
  }
}

/** TLS from the start. By itself the library asks the socket to choose among addresses, which older runtimes never do. */
function connect({ host, port, timeoutMs, authorities }: MailServer): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const options = { host, port, servername: host, ...(authorities !== undefined && { ca: authorities }) };
  const socket = connectTls(options, () => resolve(socket));
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error("Connection timeout")));
  socket.once("error", reject);
  return promise;
}

/** Older runtimes call a TLS socket connected before they have looked at the certificate: what is wrong with it, if anything. */
async function handshakeProblem({ host, port, timeoutMs, authorities }: MailServer): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const timer = setTimeout(() => resolve("TLS handshake timed out"), timeoutMs);
  const caCerts = authorities === undefined ? {} : { caCerts: [authorities] };
  Deno.connectTls({ hostname: host, port, ...caCerts }).then(async (connection) => {
    await connection.handshake();
    connection.close();
    resolve(undefined);
  }).catch((error) => resolve(describe(error)));
  return await promise.finally(() => clearTimeout(timer));
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
