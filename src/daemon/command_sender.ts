// How the api role asks the supervisor for something: one message there, one answer back, a bounded number at a time.
import type { CommandAnswer, CommandRequest, Credential } from "../ports/commands.ts";
import { acceptCommand, type ApiCommand, MAX_COMMAND_BYTES } from "./api_request.ts";

/** Commands under way. */
const MAX_UNDER_WAY = 32;
/** A configuration takes its time; longer than that is a supervisor that does not answer. */
const ANSWER_MS = 150_000;

/** Use: `ask()`, and `answered()` for what comes back. */
export class CommandSender {
  readonly #post: (message: ApiCommand) => void;
  readonly #underWay = new Map<number, (answer: CommandAnswer) => void>();
  /** An answer to an earlier process must not be taken for one to this. */
  #lastId = Math.floor(Math.random() * 2 ** 40);

  /** @param post sends a message that must arrive */
  constructor(post: (message: ApiCommand) => void) {
    this.#post = post;
  }

  /** Never rejects. */
  async ask(by: Credential, request: CommandRequest): Promise<CommandAnswer> {
    if (this.#underWay.size >= MAX_UNDER_WAY) return refused(503, "too many commands at a time");
    const id = ++this.#lastId;
    const message = acceptCommand({ id, by, request });
    if (message === undefined) return refused(422, "this is not a command that the supervisor would take");
    if (new TextEncoder().encode(JSON.stringify(message)).length > MAX_COMMAND_BYTES) {
      return refused(413, "the configuration is longer than is taken here");
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const answer = new Promise<CommandAnswer>((resolve) => {
      this.#underWay.set(id, resolve);
      timer = setTimeout(() => resolve(refused(503, "the supervisor does not answer")), ANSWER_MS);
    });
    this.#post(message);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(id);
    }
  }

  /** The supervisor has answered. */
  answered(id: number, answer: CommandAnswer): void {
    this.#underWay.get(id)?.(answer);
  }
}

function refused(status: 413 | 422 | 503, message: string): CommandAnswer {
  return { ok: false, status, message };
}
