// REDIS_CHECK: PING to Redis or what speaks like it; AUTH before it, and the role behind it, where that is asked for.
import type { ProbeRequest } from "../ports/probes.ts";
import { encodeRedisCommand, readRedisReply, type RedisReply } from "../wire/redis.ts";
import { Conversation, type Heard, openPlainOrTls } from "./conversation.ts";
import { type Connect, type Finding, printable } from "./tcp.ts";

/** A question to Redis. */
export type RedisRequest = Extract<ProbeRequest, { type: "redis" }>;

const MAX_PASSWORD_BYTES = 4096;
/** What Redis calls them: a replica is a slave still. */
const ROLES = { master: "master", slave: "replica" } as const;

/** Connects, authenticates, pings, looks at the role. Each answer has `timeoutMs`. No text holds the password. */
export async function probeRedis(connect: Connect, request: RedisRequest, signal: AbortSignal): Promise<Finding> {
  const { target, userName, passwordFile, role } = request;
  let password: string | undefined;
  try {
    password = passwordFile === undefined ? undefined : await passwordIn(passwordFile);
  } catch {
    return { ok: false, status: "SOCKERR", text: `cannot read a password from ${passwordFile}` };
  }
  const connected = await openPlainOrTls(connect, request, signal);
  if (!connected.ok) return connected.finding;
  const { connection } = connected;
  try {
    const conversation = new Conversation(connection, target.timeoutMs, signal);
    if (password !== undefined) {
      const words = userName === undefined ? [password] : [userName, password];
      const authenticated = await ask(conversation, ["AUTH", ...words], (text) => text === "OK");
      if (!authenticated.ok) return authenticated;
    }
    const alive = await ask(conversation, ["PING"], (text) => text === "PONG");
    if (!alive.ok || role === undefined) return alive;
    return await ask(conversation, ["ROLE"], (text) => Object.hasOwn(ROLES, text) && ROLES[text as "slave"] === role);
  } finally {
    connection.close();
  }
}

/** @throws when there is none */
async function passwordIn(path: string): Promise<string> {
  const { size, isFile } = await Deno.stat(path);
  if (!isFile || size > MAX_PASSWORD_BYTES) throw new Error("no password");
  return (await Deno.readTextFile(path)).replace(/\r?\n$/, "");
}

async function ask(
  conversation: Conversation,
  command: readonly [string, ...string[]],
  isGood: (text: string) => boolean,
): Promise<Finding> {
  const [name] = command;
  await conversation.say(encodeRedisCommand(...command));
  const heard: Heard<RedisReply> = await conversation.hear(`answer to ${name}`, (bytes) => {
    const value = readRedisReply(bytes);
    return value && { value, length: bytes.length };
  });
  if (!heard.ok) return heard.finding;
  const reply = heard.value;
  if (reply.type === "unknown") return { ok: false, status: "L7RSP", text: "not Redis: the answer makes no sense" };
  // What a server says to AUTH could repeat what it was sent: only the word that errors begin with is told on.
  const text = name !== "AUTH"
    ? reply.text
    : /^-?[A-Z]+(?= |$)/.exec(reply.type === "error" ? reply.text : "")?.[0] ?? "";
  if (reply.type === "text" && isGood(reply.text)) return { ok: true, status: "L7OK", text: printable(text) };
  return { ok: false, status: "L7STS", text: printable(`answer to ${name}: ${text}`) };
}
