// Asks the daemon that runs in this network namespace to do something, and waits for its answer.
import { connectAbstract, peerIdentity } from "../linux/abstract_socket.ts";
import { libc } from "../linux/libc.ts";
import { Reactor } from "../linux/reactor.ts";
import { CONTROL_NAME, type ControlAnswer, type ControlRequest } from "./control.ts";
import { Link } from "./link.ts";

/** Longest wait for an answer: a reload may have to start processes on a busy machine, and to take them back. */
const ANSWER_MS = 300_000;
const ROOT = 0;

/**
 * Sends one request.
 *
 * @returns the answer; undefined when no daemon listens in this network namespace
 * @throws Error when the daemon does not answer, or is somebody's who is neither root nor us; SystemError
 */
export async function askDaemon(
  request: ControlRequest,
  { name = CONTROL_NAME, limitMs = ANSWER_MS }: { name?: string; limitMs?: number } = {},
): Promise<ControlAnswer | undefined> {
  const fd = connectAbstract(name);
  if (fd === undefined) return undefined;
  const { userId } = peerIdentity(fd);
  if (userId !== ROOT && userId !== libc().geteuid()) {
    libc().close(fd);
    throw new Error(`Cannot trust the process that listens as Holdfast here: it belongs to user ${userId}`);
  }
  const link = new Link<ControlRequest>(fd);
  const reactor = new Reactor();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`Holdfast has not answered within ${limitMs / 1000} s`)), limitMs);
      reactor.add(fd, () => {
        const open = link.receive((message) => {
          if (isAnswer(message)) resolve(message);
        });
        if (!open) {
          reject(new Error("Holdfast closed the connection: commands are taken from root and its own user only"));
        }
      });
      link.post(request);
    });
  } finally {
    clearTimeout(timer);
    reactor.close();
    await reactor.stopped();
    link.close();
  }
}

function isAnswer(message: unknown): message is ControlAnswer {
  if (typeof message !== "object" || message === null || !("ok" in message)) return false;
  return message.ok === true ? "result" in message : "message" in message && typeof message.message === "string";
}
