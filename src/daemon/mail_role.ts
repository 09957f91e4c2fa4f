// The mail role: hands mails to a mail server, as an unprivileged user. Started when there is a mail to send.
import { createTransport } from "nodemailer";
import { Reactor } from "../linux/reactor.ts";
import { ignoreTerminalSignals } from "./child_signals.ts";
import { Link } from "./link.ts";
import type { FromChild, ToMail } from "./messages.ts";
import { dropPrivileges } from "./privileges.ts";

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

/** One mail over a connection of its own, in plain SMTP as keepalived does. */
async function send({ server, mail }: ToMail & { type: "send" }): Promise<void> {
  const { host, port, heloName, timeoutMs } = server;
  const transport = createTransport({
    host,
    port,
    name: heloName,
    secure: false,
    ignoreTLS: true,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({ ...mail, to: [...mail.to], xMailer: "Holdfast" });
  } finally {
    transport.close();
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
