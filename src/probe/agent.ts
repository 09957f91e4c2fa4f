// AGENT_CHECK: what an agent on the real server says of it (HAProxy's agent protocol). What follows from it is the engine's.
import { parseAgentLine } from "../core/health/agent.ts";
import type { ProbeRequest } from "../ports/probes.ts";
import { Conversation } from "./conversation.ts";
import { type Connect, type Finding, openConnection, printable } from "./tcp.ts";

/** A question to an agent. */
export type AgentRequest = Extract<ProbeRequest, { type: "agent" }>;

/** A longer line is cut here, bytes. */
const MAX_LINE_BYTES = 1024;

/** Connects, sends a line if there is one, reads one line: to its end, the end of the connection, or 1024 bytes. */
export async function probeAgent(connect: Connect, request: AgentRequest, signal: AbortSignal): Promise<Finding> {
  const { target, send } = request;
  const connected = await openConnection(connect, target, signal);
  if (!connected.ok) return connected.finding;
  const { connection } = connected;
  try {
    const conversation = new Conversation(connection, target.timeoutMs, signal);
    if (send !== undefined) await conversation.say(new TextEncoder().encode(`${send}\n`));
    const heard = await conversation.hear("line of the agent", firstLine);
    return heard.ok ? judge(heard.value) : heard.finding;
  } finally {
    connection.close();
  }
}

function firstLine(bytes: Uint8Array, ended: boolean): { value: string; length: number } | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, MAX_LINE_BYTES));
  const end = text.search(/[\r\n]/);
  if (end < 0 && bytes.length < MAX_LINE_BYTES && !(ended && bytes.length > 0)) return undefined;
  return { value: end < 0 ? text : text.slice(0, end), length: bytes.length };
}

function judge(line: string): Finding {
  const agent = parseAgentLine(line);
  const text = printable(line);
  if (agent === undefined) return { ok: false, status: "L7RSP", text: `no word of an agent: ${text}` };
  const says = { ...agent, ...(agent.reason === undefined ? {} : { reason: printable(agent.reason) }) };
  return agent.up === false
    ? { ok: false, status: "L7STS", text, agent: says }
    : { ok: true, status: "L7OK", text, agent: says };
}
