// What the supervisor tells systemd: that it is ready, how its roles are, and, for the watchdog, that it is alive.
import { ServiceNotify } from "../linux/service_notify.ts";
import type { RoleSnapshot } from "../ports/snapshot.ts";

/** Ready is said at most this late: a role that does not start must not make systemd end the one that does. */
const READY_AT_LATEST_MS = 60_000;
/** A watchdog is fed so many times per interval: sd_watchdog_enabled(3) asks for two. */
const FEEDS_PER_INTERVAL = 3;

/** What is used of {@link ServiceNotify}. */
export type NotifyTransport = Pick<ServiceNotify, "send" | "close">;

/** Talks to the service manager that started us, if one did; otherwise does nothing. */
export class ServiceManager {
  readonly #transport: NotifyTransport | undefined;
  #ready = false;
  #status = "";
  #feeding: ReturnType<typeof setInterval> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(transport: NotifyTransport | undefined, watchdogUs = 0) {
    this.#transport = transport;
    if (transport === undefined) return;
    this.#deadline = setTimeout(() => this.#sayReady(), READY_AT_LATEST_MS);
    if (watchdogUs <= 0) return;
    this.#feeding = setInterval(() => transport.send("WATCHDOG=1"), watchdogUs / 1000 / FEEDS_PER_INTERVAL);
  }

  /**
   * The service manager of this process's environment, which is taken out of it: children are not to speak for us.
   *
   * @param log told when the environment cannot be used; the daemon runs all the same
   */
  static fromEnvironment(log: (line: string) => void): ServiceManager {
    const socket = take("NOTIFY_SOCKET");
    const watchdogUs = Number(take("WATCHDOG_USEC") ?? 0);
    take("WATCHDOG_PID");
    if (socket === undefined) return new ServiceManager(undefined);
    try {
      return new ServiceManager(new ServiceNotify(socket), Number.isSafeInteger(watchdogUs) ? watchdogUs : 0);
    } catch (error) {
      log(`warning: NOTIFY_SOCKET: ${error instanceof Error ? error.message : error}`);
      return new ServiceManager(undefined);
    }
  }

  /**
   * How the roles are. Ready is said once, as soon as those that carry traffic run: systemd goes on to what comes after
   * us. The api role is not waited for, a port that is taken must not count as a failed start.
   */
  rolesChanged(roles: readonly RoleSnapshot[]): void {
    const wanted = roles.filter(({ state }) => state !== "stopped");
    const status = wanted.map(({ name, state }) => `${name} ${state}`).join(", ") || "nothing is configured";
    if (status !== this.#status) this.#transport?.send(`STATUS=${status}`);
    this.#status = status;
    if (wanted.every(({ name, state }) => name === "api" || state === "running")) this.#sayReady();
  }

  /** A stop in order has begun; the watchdog is fed until the end. */
  stopping(): void {
    clearTimeout(this.#deadline);
    this.#transport?.send("STOPPING=1", "STATUS=stopping");
  }

  /** Says nothing more. */
  close(): void {
    clearTimeout(this.#deadline);
    clearInterval(this.#feeding);
    this.#transport?.close();
  }

  #sayReady(): void {
    if (this.#ready) return;
    this.#ready = true;
    clearTimeout(this.#deadline);
    this.#transport?.send("READY=1");
  }
}

function take(name: string): string | undefined {
  const value = Deno.env.get(name);
  if (value !== undefined) Deno.env.delete(name);
  return value;
}
