// Reads the body of a request: no more of it than is wanted, and not for longer.
import type { Context } from "hono";

/** How long a body may take to come. */
const BODY_MS = 10_000;

/** Why there is no text. */
export type BodyProblem = { readonly status: 408 | 413; readonly detail: string };

const TOO_LONG: BodyProblem = { status: 413, detail: "the body is longer than is taken here" };
const TOO_LATE: BodyProblem = { status: 408, detail: "the body did not come in time" };

/** The text of the body; empty when there is none, or its sender is gone. Once for each request. */
export async function readBody(
  context: Context,
  maxBytes: number,
  limitMs = BODY_MS,
): Promise<string | BodyProblem> {
  const { body } = context.req.raw;
  if (body === null) return "";
  if (Number(context.req.header("content-length") ?? 0) > maxBytes) return TOO_LONG;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let [text, length, isLate] = ["", 0, false];
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => {});
  }, limitMs);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (isLate) return TOO_LATE;
      if (done) return text + decoder.decode();
      length += value.length;
      if (length > maxBytes) return TOO_LONG;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    return "";
  } finally {
    clearTimeout(timer);
    reader.releaseLock();
  }
}
