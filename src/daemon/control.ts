// Where the running daemon takes commands from programs of this machine: a local socket of this network namespace. Small
// JSON messages, one request at a time for each client. Knows no command; that is the supervisor's.
import { EPOLLIN, EPOLLOUT } from "../linux/constants.ts";
import { acceptClient, listenAbstract, peerIdentity } from "../linux/abstract_socket.ts";
import { libc } from "../linux/libc.ts";
import type { Reactor } from "../linux/reactor.ts";
import { Link } from "./link.ts";

/** Name of the daemon's socket: abstract names are per network namespace, as the daemon is. */
export const CONTROL_NAME = "holdfast-control";

/** What a program asks for. Further fields are the command's. */
export interface ControlRequest {
  readonly command: string;
  readonly [field: string]: unknown;
}

/** What it gets: the command's result, or one sentence why there is none. */
export type ControlAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly message: string };

/** What a server needs of its surroundings. */
export interface ControlServerOptions {
  readonly reactor: Reactor;
  readonly log: (line: string) => void;
  /** Carries a request out. What it throws becomes the answer's message. */
  readonly obey: (request: ControlRequest) => Promise<unknown>;
  /** Default: `CONTROL_NAME`. */
  readonly name?: string;
  /** Who may give commands, besides root. Default: our own user. */
  readonly userId?: number;
}

const MAX_REQUEST_BYTES = 4096;
/** Clients beyond that are closed at once. */
const MAX_CLIENTS = 16;
/** A client that asks nothing for that long is closed. */
const IDLE_MS = 10_000;
const ROOT = 0;

interface Client {
  readonly link: Link<ControlAnswer>;
  busy: boolean;
  idle: ReturnType<typeof setTimeout> | undefined;
}

/** Listens from its making until `close`. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #listener: number;
  readonly #clients = new Set<Client>();
  #closed = false;

  /** @throws SystemError, EADDRINUSE when somebody else listens */
  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#listener = listenAbstract(options.name ?? CONTROL_NAME);
    options.reactor.add(this.#listener, () => this.#accept());
  }

  /** Ends every connection. Answers that are not sent yet are lost. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.reactor.remove(this.#listener);
    libc().close(this.#listener);
    for (const client of this.#clients) this.#drop(client);
  }

  #accept(): void {
    const fd = acceptClient(this.#listener);
    if (fd === undefined) return;
    const { processId, userId } = peerIdentity(fd);
    if (userId !== ROOT && userId !== (this.#options.userId ?? libc().geteuid())) {
      this.#options.log(`control: user ${userId} (process ${processId}) may not give commands`);
      libc().close(fd);
      return;
    }
    if (this.#clients.size >= MAX_CLIENTS) {
      libc().close(fd);
      return;
    }
    const client: Client = { link: new Link<ControlAnswer>(fd, MAX_REQUEST_BYTES), busy: false, idle: undefined };
    this.#clients.add(client);
    this.#awaitRequest(client);
    this.#options.reactor.add(fd, () => this.#read(client));
  }

  #read(client: Client): void {
    const open = client.link.receive((message) => this.#take(client, message));
    if (open) this.#watchForRoom(client);
    else this.#drop(client);
  }

  #take(client: Client, message: unknown): void {
    if (!isRequest(message)) return this.#answer(client, { ok: false, message: "this is not a request" });
    if (client.busy) return this.#answer(client, { ok: false, message: "one request at a time" });
    client.busy = true;
    clearTimeout(client.idle);
    this.#options.obey(message).then(
      (result): ControlAnswer => ({ ok: true, result }),
      (error): ControlAnswer => ({ ok: false, message: error instanceof Error ? error.message : String(error) }),
    ).then((answer) => {
      client.busy = false;
      if (!this.#clients.has(client)) return; // it did not wait
      this.#answer(client, answer);
      this.#awaitRequest(client);
    });
  }

  #answer(client: Client, answer: ControlAnswer): void {
    client.link.post(answer);
    this.#watchForRoom(client);
  }

  #awaitRequest(client: Client): void {
    clearTimeout(client.idle);
    client.idle = setTimeout(() => this.#drop(client), IDLE_MS);
  }

  #watchForRoom({ link }: Client): void {
    if (link.fd >= 0) this.#options.reactor.modify(link.fd, link.pending ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  #drop(client: Client): void {
    if (!this.#clients.delete(client)) return;
    clearTimeout(client.idle);
    this.#options.reactor.remove(client.link.fd);
    client.link.close();
  }
}

function isRequest(message: unknown): message is ControlRequest {
  return typeof message === "object" && message !== null && "command" in message && typeof message.command === "string";
}

/** Listens, or says why commands cannot be given. */
export function openControl(options: ControlServerOptions): ControlServer | undefined {
  try {
    return new ControlServer(options);
  } catch (error) {
    options.log(`warning: no commands can be given: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}
