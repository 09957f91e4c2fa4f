// Operations on tokens: which there are, another one, and taking one back. The supervisor makes and keeps them; here nobody
// sees more than their names, and the token itself once, on its way to who asked for it.
import type { z } from "zod";
import type { CommandRequest, ShownToken } from "../../ports/commands.ts";
import { time } from "../status.ts";
import type { Operation } from "./operation.ts";
import * as schemas from "./token_schemas.ts";
import { ask } from "./write_operations.ts";

/** All of them, in the order of the description. */
export const TOKEN_OPERATIONS: readonly Operation[] = [
  {
    id: "listTokens",
    method: "get",
    path: "/tokens",
    role: "admin",
    summary: "The tokens that there are, without what is secret of them",
    reply: schemas.Token.array(),
    run: ({ tokens }) => ({ status: 200, body: tokens().map(tokenOf) }),
  },
  {
    id: "createToken",
    method: "post",
    path: "/tokens",
    role: "admin",
    summary: "Makes a token, which is in the answer, this once; it holds at once",
    body: schemas.TokenRequest,
    reply: schemas.NewToken,
    hasSecret: true,
    problems: [409, 412, 503],
    run: async ({ command }, call) => {
      const { name, role, ttlSeconds, reason } = call.body as z.infer<typeof schemas.TokenRequest>;
      const request: CommandRequest = {
        command: "token-create",
        name,
        role,
        ...(ttlSeconds === undefined ? {} : { forMs: Math.max(1, Math.round(ttlSeconds * 1000)) }),
        ...(reason === undefined ? {} : { reason }),
      };
      const answer = await ask(command, call, request);
      if ("detail" in answer) return answer;
      const { expiresAtMs, ...made } = answer.result as { expiresAtMs?: number };
      return { status: 200, body: { ...made, ...until(expiresAtMs) } };
    },
  },
  {
    id: "revokeToken",
    method: "delete",
    path: "/tokens/{name}",
    role: "admin",
    summary: "Takes a token back; its streams end at once",
    reply: schemas.Revoked,
    problems: [409, 412, 503],
    run: async ({ command }, call) => {
      const answer = await ask(command, call, { command: "token-revoke", name: call.params.name ?? "" });
      if ("detail" in answer) return answer;
      const { text } = answer.result as { text: string };
      return { status: 200, body: { done: true, text } };
    },
  },
];

function tokenOf({ createdAtMs, expiresAtMs, ...token }: ShownToken): z.infer<typeof schemas.Token> {
  return {
    ...token,
    ...(createdAtMs === undefined ? {} : { createdAt: time(createdAtMs) }),
    ...until(expiresAtMs),
  };
}

function until(expiresAtMs: number | undefined): { expiresAt?: string } {
  return expiresAtMs === undefined ? {} : { expiresAt: time(expiresAtMs) };
}
