// GRPC_CHECK: one call of grpc.health.v1.Health/Check over HTTP/2, with TLS or without. SERVING is good.
import { formatEndpoint } from "../base/ip.ts";
import type { ProbeRequest } from "../ports/probes.ts";
import {
  encodeHealthCheck,
  GRPC_STATUS,
  type HealthAnswer,
  HealthAnswerReader,
  SERVING_STATUS,
} from "../wire/grpc_health.ts";
import { decodeFrame } from "../wire/http2.ts";
import { Conversation, openPlainOrTls, type Understood } from "./conversation.ts";
import { type Connect, type Finding, printable } from "./tcp.ts";

/** A question to a gRPC server. */
export type GrpcRequest = Extract<ProbeRequest, { type: "grpc" }>;

/** An answer takes a handful; a server that sends more without answering is not listened to. */
const MAX_FRAMES = 200;
const SERVING = 1;

/** Connects, asks, judges. The connection has `timeoutMs`, so has the TLS handshake, and so has each frame of the answer. */
export async function probeGrpc(connect: Connect, request: GrpcRequest, signal: AbortSignal): Promise<Finding> {
  const { target, service, tls } = request;
  const connected = await openPlainOrTls(connect, request, signal);
  if (!connected.ok) return connected.finding;
  const { connection } = connected;
  try {
    const authority = tls?.serverName ?? formatEndpoint(target.address, target.port);
    const conversation = new Conversation(connection, target.timeoutMs, signal);
    await conversation.say(encodeHealthCheck({ service, authority, secure: tls !== undefined }));
    const heard = await answered(conversation);
    return "type" in heard ? judge(heard, service) : heard;
  } finally {
    connection.close();
  }
}

async function answered(conversation: Conversation): Promise<HealthAnswer | Finding> {
  const reader = new HealthAnswerReader();
  const frame = (bytes: Uint8Array): Understood<NonNullable<ReturnType<HealthAnswerReader["push"]>> | "more"> => {
    const decoded = decodeFrame(bytes);
    if (decoded === undefined) return undefined;
    if (typeof decoded === "string") return `no HTTP/2: ${decoded}`;
    return { value: reader.push(decoded.frame) ?? "more", length: decoded.length };
  };
  for (let frames = 0; frames < MAX_FRAMES; frames++) {
    const heard = await conversation.hear("answer", frame);
    if (!heard.ok) return heard.finding;
    if (heard.value === "more") continue;
    if ("answer" in heard.value) return heard.value.answer;
    await conversation.say(heard.value.send);
  }
  return { ok: false, status: "L7RSP", text: `${MAX_FRAMES} frames came, none is the answer` };
}

function judge(answer: HealthAnswer, service: string): Finding {
  switch (answer.type) {
    case "serving": {
      const { status: code } = answer;
      const text = SERVING_STATUS[code] ?? `status ${code}`;
      if (code === SERVING) return { ok: true, status: "L7OK", text };
      return { ok: false, status: "L7STS", code, text: service === "" ? text : `${service} is ${text}` };
    }
    case "status": {
      const { code, message } = answer;
      const name = GRPC_STATUS[code] ?? `gRPC status ${code}`;
      return { ok: false, status: "L7STS", code, text: printable(message === "" ? name : `${name}: ${message}`) };
    }
    case "http":
      return { ok: false, status: "L7STS", code: answer.code, text: `HTTP status ${answer.code}, no gRPC` };
    case "fault":
      return { ok: false, status: "L7RSP", text: answer.text };
    default:
      return answer satisfies never;
  }
}
