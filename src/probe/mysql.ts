// MYSQL_CHECK: the greeting of MySQL or MariaDB, and the login of a user without a password where one is named.
import type { ProbeRequest } from "../ports/probes.ts";
import {
  decodeMysqlPacket,
  encodeLogin,
  encodeMysqlPacket,
  encodeNoPassword,
  MYSQL_QUIT,
  type MysqlAnswer,
  type MysqlPacket,
  readGreeting,
  readLoginAnswer,
} from "../wire/mysql.ts";
import { Conversation, type Heard, type Understood } from "./conversation.ts";
import { type Connect, type Finding, openConnection, printable } from "./tcp.ts";

/** A question to MySQL. */
export type MysqlRequest = Extract<ProbeRequest, { type: "mysql" }>;

/** The server may ask for other ways to authenticate so often. */
const MAX_SWITCHES = 3;

/** Connects, wants a greeting; with a user it logs in and wants that to be good, then says goodbye. */
export async function probeMysql(connect: Connect, request: MysqlRequest, signal: AbortSignal): Promise<Finding> {
  const { target, userName } = request;
  const connected = await openConnection(connect, target, signal);
  if (!connected.ok) return connected.finding;
  const { connection } = connected;
  try {
    const conversation = new Conversation(connection, target.timeoutMs, signal);
    const heard = await conversation.hear("greeting", packetIn);
    if (!heard.ok) return heard.finding;
    const greeting = readGreeting(heard.value.payload);
    if (greeting.type !== "greeting") return refusal(greeting, "greeting");
    const good: Finding = { ok: true, status: "L7OK", text: printable(`version ${greeting.version}`) };
    if (userName === undefined) return good;
    return await login(conversation, userName, heard.value.sequence) ?? good;
  } finally {
    connection.close();
  }
}

/** @returns what is wrong, if anything is */
async function login(conversation: Conversation, userName: string, sequence: number): Promise<Finding | undefined> {
  let packet: MysqlPacket = { sequence: sequence + 1, payload: encodeLogin(userName) };
  for (let tries = 0; tries <= MAX_SWITCHES; tries++) {
    await conversation.say(encodeMysqlPacket(packet));
    const heard: Heard<MysqlPacket> = await conversation.hear("answer to the login", packetIn);
    if (!heard.ok) return heard.finding;
    const answer = readLoginAnswer(heard.value.payload);
    if (answer.type === "ok") {
      await conversation.say(encodeMysqlPacket({ sequence: 0, payload: MYSQL_QUIT }));
      return undefined;
    }
    if (answer.type !== "switch") return refusal(answer, "answer to the login");
    packet = { sequence: heard.value.sequence + 1, payload: encodeNoPassword(answer.plugin) };
  }
  return { ok: false, status: "L7RSP", text: "the server asks for one way to authenticate after the other" };
}

function packetIn(bytes: Uint8Array): Understood<MysqlPacket> {
  const decoded = decodeMysqlPacket(bytes);
  if (decoded === undefined || typeof decoded === "string") return decoded && `not MySQL: ${decoded}`;
  return { value: decoded.packet, length: decoded.length };
}

function refusal(answer: MysqlAnswer, what: string): Finding {
  if (answer.type !== "error") return { ok: false, status: "L7RSP", text: `not MySQL: the ${what} makes no sense` };
  const { code, text } = answer;
  return { ok: false, status: "L7STS", code, text: printable(`error ${code}: ${text}`) };
}
