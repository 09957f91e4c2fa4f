// Mails in order, one at a time, by a process of their own that is there while there are some. Nobody waits for a mail: the
// queue is bounded, and what a mail server does not take in some tries is given up with a warning.
import type { MailText } from "../core/notification/mails.ts";
import type { GlobalDefs } from "../config/global_defs.ts";
import type { Reactor } from "../linux/reactor.ts";
import type { ToMail } from "./messages.ts";
import { RoleProcess } from "./role_process.ts";
import { within } from "./script_turns.ts";

/** Mails that wait; of more, the oldest is left out. */
const MAX_WAITING = 200;
/** How often a mail is tried, and the time between. */
const TRIES = 3;
const PAUSE_MS = 5000;
/** How long the process stays when there is nothing to send. */
const IDLE_MS = 30_000;
/** Default of `smtp_connect_timeout`; 0 counts as 1 (keepalived). */
const DEFAULT_TIMEOUT_SECONDS = 30;
/** Further time for a process to start and for the words of a mail server, which each may take the time limit. */
const PATIENCE_FACTOR = 3;

type Order = Omit<ToMail & { type: "send" }, "type" | "id">;

/** Sends mails as `global_defs` says. Use: `send()` at will, `close()` at the end. */
export class Mailer {
  readonly #options: { readonly reactor: Reactor; readonly log: (line: string) => void };
  readonly #pauseMs: number;
  readonly #waiting: Order[] = [];
  #process: RoleProcess<ToMail> | undefined;
  #working: Promise<void> | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #leftOut = 0;
  /** The last mail was given up. */
  #failing = false;
  #lastId = 0;
  #closed = false;

  /** @param pauseMs for tests */
  constructor(
    options: { readonly reactor: Reactor; readonly log: (line: string) => void },
    pauseMs: number = PAUSE_MS,
  ) {
    this.#options = options;
    this.#pauseMs = pauseMs;
  }

  /** Sends a mail when its turn comes; does nothing where nobody is to get it, or there is no mail server. */
  send(text: MailText, global: GlobalDefs): void {
    const order = this.#orderOf(text, global);
    if (order === undefined || this.#closed) return;
    this.#waiting.push(order);
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting.shift();
      this.#leftOut++;
    }
    this.#working ??= this.#work().finally(() => this.#working = undefined);
  }

  /** Gives what waits a little time. */
  async close(limitMs: number): Promise<void> {
    if (this.#working !== undefined) await within(this.#working, limitMs);
    this.#closed = true;
    clearTimeout(this.#idle);
    if (this.#waiting.length > 0) this.#options.log(`warning: ${this.#waiting.length} mails were not sent`);
    this.#process?.kill();
    await this.#process?.ended;
  }

  async #work(): Promise<void> {
    clearTimeout(this.#idle);
    for (let order = this.#waiting[0]; order !== undefined && !this.#closed; order = this.#waiting[0]) {
      const problem = await this.#deliver(order);
      if (this.#closed) return;
      if (this.#waiting[0] === order) this.#waiting.shift();
      const { log } = this.#options;
      this.#failing = problem !== undefined;
      if (problem !== undefined) log(`warning: the mail "${order.mail.subject}" was not sent: ${problem}`);
      if (this.#leftOut > 0) log(`warning: ${this.#leftOut} mails were left out, for too many waited`);
      this.#leftOut = 0;
    }
    this.#idle = setTimeout(() => {
      this.#process?.post({ type: "stop" });
      this.#process = undefined;
    }, IDLE_MS);
  }

  /** @returns why it could not be sent, undefined when it was */
  async #deliver(order: Order): Promise<string | undefined> {
    for (let tries = 1;; tries++) {
      const problem = await this.#try(order);
      // Once a mail server has been given up, what waits must not become too late to be of use.
      if (problem === undefined || tries === TRIES || this.#failing || this.#closed) return problem;
      await new Promise((resolve) => setTimeout(resolve, this.#pauseMs));
    }
  }

  async #try(order: Order): Promise<string | undefined> {
    const process = this.#process ??= this.#start();
    if (process === undefined) return "its process could not be started";
    const id = ++this.#lastId;
    process.post({ type: "send", id, ...order });
    const limitMs = order.server.timeoutMs * PATIENCE_FACTOR;
    const answer = await process.waitFor("mailed", limitMs, (message) => message.id === id);
    if (answer !== undefined) return answer.problem;
    process.kill();
    if (this.#process === process) this.#process = undefined;
    return "the mail server does not answer";
  }

  #orderOf(text: MailText, global: GlobalDefs): Order | undefined {
    try {
      return orderOf(text, global);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.log(`warning: the mail "${text.subject}" was not sent: ${why}`);
      return undefined;
    }
  }

  #start(): RoleProcess<ToMail> | undefined {
    const { log, reactor } = this.#options;
    try {
      const process: RoleProcess<ToMail> = new RoleProcess<ToMail>("mail", reactor, {
        message: (message) => {
          if (message.type === "log") log(message.line);
        },
        ended: () => {
          if (this.#process === process) this.#process = undefined;
        },
      });
      return process;
    } catch (error) {
      log(`cannot start the mail role: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }
}

/** What is sent where; undefined: nothing. @throws Error when a file that it needs cannot be read */
function orderOf({ subject, text }: MailText, global: GlobalDefs): Order | undefined {
  const { mailTo: to, mailServer } = global;
  if (mailServer === undefined || to.length === 0) return undefined;
  const hostName = Deno.hostname();
  const seconds = Math.max(1, global.mailTimeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS);
  return {
    server: {
      ...mailServer,
      heloName: global.mailHeloName ?? hostName,
      timeoutMs: seconds * 1000,
      // A login is never sent in the clear.
      tls: global.mailUser !== undefined && global.mailTls !== "tls" ? "starttls" : global.mailTls ?? "none",
      ...(global.mailUser !== undefined && { login: { user: global.mailUser, pass: passwordOf(global) } }),
      ...(global.mailAuthorityFile !== undefined && { authorities: Deno.readTextFileSync(global.mailAuthorityFile) }),
    },
    mail: { from: global.mailFrom ?? `root@${hostName}`, to, subject, text },
  };
}

/** Read for each mail, so that a new one needs no reload. */
function passwordOf({ mailPasswordFile }: GlobalDefs): string {
  if (mailPasswordFile === undefined) return "";
  return Deno.readTextFileSync(mailPasswordFile).split("\n", 1)[0] ?? "";
}
