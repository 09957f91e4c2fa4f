// POSTGRESQL_CHECK: does PostgreSQL answer? Without a user the question for TLS, with one the beginning of a session.
import type { ProbeRequest } from "../ports/probes.ts";
import {
  encodeSslRequest,
  encodeStartup,
  POSTGRESQL_TERMINATE,
  type PostgresqlAnswer,
  readSslAnswer,
  readStartupAnswer,
} from "../wire/postgresql.ts";
import { Conversation, type Understood } from "./conversation.ts";
import { type Connect, type Finding, openConnection, printable } from "./tcp.ts";

/** A question to PostgreSQL. */
export type PostgresqlRequest = Extract<ProbeRequest, { type: "postgresql" }>;

/**
 * Connects, asks, judges the first answer. That the server lets the user authenticate, in whatever way, is good: it accepts
 * connections. An error is not: the server is starting, or has no connection left.
 */
export async function probePostgresql(
  connect: Connect,
  { target, userName }: PostgresqlRequest,
  signal: AbortSignal,
): Promise<Finding> {
  const connected = await openConnection(connect, target, signal);
  if (!connected.ok) return connected.finding;
  const { connection } = connected;
  try {
    const conversation = new Conversation(connection, target.timeoutMs, signal);
    await conversation.say(userName === undefined ? encodeSslRequest() : encodeStartup(userName));
    const heard = await conversation.hear("answer", answerTo(userName));
    if (!heard.ok) return heard.finding;
    if (heard.value.type === "authentication") await conversation.say(POSTGRESQL_TERMINATE);
    return judge(heard.value);
  } finally {
    connection.close();
  }
}

function answerTo(userName: string | undefined): (bytes: Uint8Array) => Understood<PostgresqlAnswer> {
  const read = userName === undefined ? readSslAnswer : readStartupAnswer;
  return (bytes) => {
    const value = read(bytes);
    return value && { value, length: bytes.length };
  };
}

/** Ways to authenticate that have names (AuthenticationXXX). */
const METHODS: Readonly<Record<number, string>> = { 3: "a password", 5: "a password (md5)", 10: "a password (SASL)" };

function judge(answer: PostgresqlAnswer): Finding {
  switch (answer.type) {
    case "tls":
      return { ok: true, status: "L7OK", text: answer.spoken ? "speaks TLS" : "speaks no TLS" };
    case "authentication": {
      const text = answer.method === 0 ? "lets the user in" : `wants ${METHODS[answer.method] ?? "authentication"}`;
      return { ok: true, status: "L7OK", text };
    }
    case "error":
      return {
        ok: false,
        status: "L7STS",
        text: printable(`error ${answer.state}: ${answer.text}`.replace(" :", ":")),
      };
    case "unknown":
      return { ok: false, status: "L7RSP", text: "not PostgreSQL: the answer makes no sense" };
    default:
      return answer satisfies never;
  }
}
