// One running child role: spawned with its end of a link, watched until it ends.
import { EPOLLIN, EPOLLOUT } from "../linux/constants.ts";
import type { Reactor } from "../linux/reactor.ts";
import { MAX_COMMAND_BYTES } from "./api_request.ts";
import { Link } from "./link.ts";
import { acceptFromChild, type FromChild, type RoleName } from "./messages.ts";
import { spawnRole, takeEarly } from "./role_spawn.ts";

/** The api role and the mail role talk to the network: what they may make us hold is bounded tightly. */
const MAX_RECEIVED_BYTES: Partial<Record<RoleName, number>> = { api: MAX_COMMAND_BYTES, mail: 64 << 10 };

/** What the supervisor wants to hear of a child. */
export interface RoleProcessEvents {
  readonly message: (message: FromChild) => void;
  /** Called once, when the process has ended. `code` is its exit status, 128 + signal after a signal. */
  readonly ended: (code: number) => void;
}

/** A child process. `Outgoing` is what the supervisor may send to it. */
export class RoleProcess<Outgoing> {
  readonly role: RoleName;
  readonly pid: number;
  readonly startedAtMs = Date.now();
  readonly ended: Promise<void>;
  readonly #link: Link<Outgoing>;
  readonly #reactor: Reactor;
  readonly #child: Deno.ChildProcess;
  readonly #waiters: {
    readonly matches: (message: FromChild) => boolean;
    readonly resolve: (message: FromChild | undefined) => void;
  }[] = [];
  #linkOpen = true;

  /** Starts this same program in the given role, or takes the process that was started early. @throws when it cannot be started */
  constructor(role: RoleName, reactor: Reactor, events: RoleProcessEvents) {
    this.role = role;
    this.#reactor = reactor;
    const { child, fd: ours } = takeEarly(role) ?? spawnRole(role);
    this.#link = new Link(ours, MAX_RECEIVED_BYTES[role]);
    this.#child = child;
    this.pid = this.#child.pid;
    reactor.add(ours, () => this.#readLink(events));
    this.ended = this.#child.status.then((status) => {
      this.#readLink(events); // its last words
      this.#closeLink();
      events.ended(status.signal === null ? status.code : 128 + (status.code & 127));
    });
  }

  /** Messages that wait for the child to read. */
  get backlog(): number {
    return this.#link.backlog;
  }

  /** Sends what the next message makes up for. @returns false when it was dropped: the child is slow, or gone */
  send(message: Outgoing): boolean {
    if (!this.#linkOpen) return false;
    const sent = this.#link.send(message);
    this.#watchForRoom();
    return sent;
  }

  /** Sends what must arrive: it waits while the child is slow. */
  post(message: Outgoing): void {
    if (!this.#linkOpen) return;
    this.#link.post(message);
    this.#watchForRoom();
  }

  /**
   * The next message of a type, and if `wanted` is given, for which that holds; undefined when it does not come within
   * `limitMs`, or the process ends first.
   */
  waitFor<Type extends FromChild["type"]>(
    type: Type,
    limitMs: number,
    wanted: (message: FromChild & { type: Type }) => boolean = () => true,
  ): Promise<FromChild & { type: Type } | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(undefined), limitMs);
      const settle = (message: FromChild | undefined): void => {
        clearTimeout(timer);
        const at = this.#waiters.findIndex((waiter) => waiter.resolve === settle);
        if (at >= 0) this.#waiters.splice(at, 1);
        resolve(message as FromChild & { type: Type } | undefined);
      };
      const matches = (message: FromChild): boolean =>
        message.type === type && wanted(message as FromChild & { type: Type });
      if (this.#linkOpen) this.#waiters.push({ matches, resolve: settle });
      else settle(undefined);
    });
  }

  /** Ends the process at once. */
  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it has ended already
    }
  }

  /** Waits for the end, and makes it come when it takes longer than `limitMs`. */
  async waitOrKill(limitMs: number): Promise<void> {
    const timer = setTimeout(() => this.kill(), limitMs);
    await this.ended;
    clearTimeout(timer);
  }

  #watchForRoom(): void {
    this.#reactor.modify(this.#link.fd, this.#link.pending ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  #readLink(events: RoleProcessEvents): void {
    if (!this.#linkOpen) return;
    const open = this.#link.receive((value) => {
      const message = acceptFromChild(this.role, value);
      if (message === undefined) return;
      this.#waiters.find((waiter) => waiter.matches(message))?.resolve(message);
      events.message(message);
    });
    if (open) this.#watchForRoom();
    else this.#closeLink();
  }

  #closeLink(): void {
    if (!this.#linkOpen) return;
    this.#linkOpen = false;
    this.#reactor.remove(this.#link.fd);
    this.#link.close();
    for (const waiter of [...this.#waiters]) waiter.resolve(undefined);
  }
}
