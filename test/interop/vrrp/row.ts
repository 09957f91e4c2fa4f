// One row of the interop matrix: two routers on one link live through every way to leave and to come back, and after each
// it is seen who holds the addresses.
import { type BackgroundProcess, pause } from "../../support/command.ts";
import { TwoHosts } from "../../support/two_hosts.ts";
import { type SpeakerKind, startSpeaker } from "../../support/vrrp_speaker.ts";
import { type Setup, VIPS6 } from "./matrix.ts";

/** What is done, in this order; the columns of the table. */
export const COLUMNS = [
  "both start",
  "a stops",
  "a returns",
  "a's link down",
  "a's link up",
  "a killed",
  "a returns lower",
  "b stops",
  "a stops too",
] as const;

/** A column. */
export type Column = typeof COLUMNS[number];
/** Who alone holds all addresses. */
export type Holder = "a" | "b" | "nobody";
/** Who held the addresses after each step. */
export type RowResult = Readonly<Record<Column, Holder>>;

/** No timing is judged here, only that it comes about; a machine under load is given time. */
const LIMIT_MS = 60_000;
const LOOK_MS = 100;
/** The least of `preempt_delay 3` that must be seen. */
const LEAST_DELAY_MS = 2700;

/** Who is to hold the addresses: keepalived's rules. */
export function expectation({ mode }: Pick<Setup, "mode">): RowResult {
  const returned = mode === "nopreempt" ? "b" : "a";
  return {
    "both start": "a",
    "a stops": "b",
    "a returns": returned,
    "a's link down": "b",
    "a's link up": returned,
    "a killed": "b",
    "a returns lower": "b",
    "b stops": "a",
    "a stops too": "nobody",
  };
}

/** Runs a row. @param name of its network namespaces @throws Error with the logs of both, when something is not as expected */
export async function runRow(setup: Setup, name: string): Promise<RowResult> {
  const row = new Row(setup, await TwoHosts.create(name));
  try {
    return await row.run();
  } catch (error) {
    const title = `${setup.name}, ${setup.mode}: a is ${setup.a}, b is ${setup.b}`;
    throw new Error(`${title}: ${error instanceof Error ? error.message : error}\n${row.story}`);
  } finally {
    await row.close();
  }
}

class Row {
  readonly #setup: Setup;
  readonly #hosts: TwoHosts;
  readonly #folder = Deno.makeTempDirSync({ prefix: "holdfast-interop-" });
  readonly #started: BackgroundProcess[] = [];
  readonly #results = new Map<Column, Holder>();
  #a: BackgroundProcess | undefined;
  #b: BackgroundProcess | undefined;
  /** When a was given the cause to take over: from then on `preempt_delay` is measured, at least. */
  #causeMs = 0;

  constructor(setup: Setup, hosts: TwoHosts) {
    this.#setup = setup;
    this.#hosts = hosts;
  }

  get story(): string {
    return this.#started.map((speaker) => `--- ${speaker.pid}\n${speaker.output}`).join("\n");
  }

  async run(): Promise<RowResult> {
    const { mode } = this.#setup;
    this.#startA(150);
    await this.#comes("a");
    this.#startB();
    await this.#stays("both start", "a");

    await this.#a?.stop();
    await this.#sees("a stops", "b");

    this.#startA(150);
    await this.#returns("a returns");
    if (mode === "nopreempt") await this.#handBack();

    await this.#hosts.cable(this.#hosts.a, false);
    await this.#sees("a's link down", "b");
    this.#causeMs = performance.now();
    await this.#hosts.cable(this.#hosts.a, true);
    await this.#returns("a's link up");
    if (mode === "nopreempt") await this.#handBack();

    await this.#a?.killTree();
    await this.#hosts.powerOff(this.#hosts.a);
    await this.#sees("a killed", "b");
    await this.#hosts.powerOn(this.#hosts.a);
    this.#startA(50);
    await this.#stays("a returns lower", "b");

    await this.#b?.stop();
    await this.#sees("b stops", "a");
    await this.#a?.stop();
    await this.#sees("a stops too", "nobody");
    this.#lookForComplaints();
    return Object.fromEntries(this.#results) as Record<Column, Holder>;
  }

  async close(): Promise<void> {
    for (const speaker of this.#started) await speaker.killTree();
    await this.#hosts.close();
    await Deno.remove(this.#folder, { recursive: true });
  }

  #startA(priority: number): void {
    this.#causeMs = performance.now();
    this.#a = this.#start(this.#setup.a, "a", priority);
  }

  #startB(): void {
    this.#b = this.#start(this.#setup.b, "b", 100);
  }

  #start(kind: SpeakerKind, host: "a" | "b", priority: number): BackgroundProcess {
    const { common, isUnicast, keepalived } = this.#setup;
    const hosts = this.#hosts;
    const peer = host === "a" ? hosts.b : hosts.a;
    const isIpv6 = common.virtualAddresses === VIPS6;
    const [own, other] = isIpv6 ? [hosts[host].address6, peer.address6] : [hosts[host].address, peer.address];
    const lines = [...common.lines];
    if (isUnicast) lines.push(`unicast_src_ip ${own}`, `unicast_peer {`, `  ${other}`, `}`);
    if (kind === "keepalived") lines.push(...keepalived);
    const speaker = startSpeaker(kind, hosts[host], { ...common, priority, lines }, this.#folder);
    this.#started.push(speaker);
    return speaker;
  }

  /** A higher router is back: it takes over, now or later, or leaves the lower one alone. */
  async #returns(column: Column): Promise<void> {
    if (this.#setup.mode === "nopreempt") return await this.#stays(column, "b");
    if (this.#setup.mode === "preempt") return await this.#sees(column, "a");
    const startMs = this.#causeMs;
    await this.#sees(column, "a");
    const delayMs = performance.now() - startMs;
    if (delayMs < LEAST_DELAY_MS) throw new Error(`${column}: it preempts after ${Math.round(delayMs)} ms already`);
  }

  /** Until the newest line about a state of a router says backup, or more. */
  async #hasBegun(speaker: BackgroundProcess | undefined): Promise<void> {
    await this.#until("it begins as backup", () => {
      const states = [...speaker?.output.matchAll(/Entering (\w+) STATE/g) ?? []];
      return Promise.resolve(["BACKUP", "MASTER"].includes(states.at(-1)?.[1] ?? ""));
    });
  }

  /** The lower router, which is master and is not preempted, leaves and comes back. */
  async #handBack(): Promise<void> {
    await this.#b?.stop();
    await this.#comes("a");
    this.#startB();
    await this.#hasBegun(this.#b);
    await this.#waitIntervals();
    await this.#comes("a");
  }

  async #sees(column: Column, holder: Holder): Promise<void> {
    await this.#comes(holder, column);
    this.#results.set(column, holder);
  }

  /** The same after a time in which a router that hears nobody would have taken over since it started. */
  async #stays(column: Column, holder: Holder): Promise<void> {
    await this.#hasBegun(holder === "a" ? this.#b : this.#a);
    await this.#waitIntervals();
    await this.#sees(column, holder);
  }

  #waitIntervals(): Promise<void> {
    return pause(5000 * this.#setup.common.advertisementIntervalSeconds);
  }

  #comes(holder: Holder, what = ""): Promise<void> {
    return this.#until(`${what}: ${holder} alone holds the addresses`, async () => await this.#holder() === holder);
  }

  async #until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + LIMIT_MS;
    while (!await condition()) {
      if (performance.now() > end) throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
      await pause(LOOK_MS);
    }
  }

  /** Undefined while both have some. */
  async #holder(): Promise<Holder | undefined> {
    const hosts = this.#hosts;
    const both = await Promise.all([hosts.addresses(hosts.a), hosts.addresses(hosts.b)]);
    const vips = this.#setup.common.virtualAddresses;
    const [onA = 0, onB = 0] = both.map((addresses) => vips.filter((vip) => addresses.has(vip)).length);
    if (onA + onB === 0) return "nobody";
    if (onA === vips.length && onB === 0) return "a";
    return onB === vips.length && onA === 0 ? "b" : undefined;
  }

  /** Neither side may have found fault with the other's packets. */
  #lookForComplaints(): void {
    for (
      const word of ["checksum", "invalid", "mismatch", "discarding", "bogus", "incorrect", "Error", "EADDRNOTAVAIL"]
    ) {
      const line = this.story.split("\n").find((candidate) => candidate.includes(word));
      // keepalived says that it discards a lower priority while it takes over, and Holdfast that it answers a peer in
      // the peer's form: that is the protocol.
      const expected = ["lower priority", "answering in the same form"].some((phrase) => line?.includes(phrase));
      if (line !== undefined && !expected) throw new Error(`a complaint: ${line}`);
    }
  }
}
