// What operators ask of VRRP over the control socket. Keeps what holds for a while (holds, priorities) across reloads and
// deaths of the vrrp role, and ends it when its time has come.
import { formatDuration } from "../base/duration.ts";
import type { Config } from "../config/config.ts";
import {
  expire,
  nextEndUs,
  type Order,
  ordersFor,
  type RouterOrders,
  type Signature,
  type Steering,
  type SteeringRequest,
  stepSteering,
  whyNotPriority,
} from "../core/vrrp/steering.ts";
import type { OperationAnswer, VrrpOperation } from "../engine/vrrp/operations.ts";
import type { OrderTerms, VrrpInstanceSnapshot } from "../ports/snapshot.ts";
import type { ControlRequest } from "./control.ts";
import type { Journal } from "./journal/journal.ts";
import { Maintenance, type MaintenanceAnswer } from "./maintenance.ts";
import type { ToVrrp } from "./messages.ts";
import type { RoleProcess } from "./role_process.ts";
import { duration, signatureOf, signed } from "./signature.ts";

/** What operations need of the supervisor. */
export interface OperationsOptions {
  readonly log: (line: string) => void;
  /** The configuration now. */
  readonly config: () => Config;
  /** The process that does VRRP now. */
  readonly vrrp: () => RoleProcess<ToVrrp> | undefined;
  /** What instances are told beside what operators say, by name. */
  readonly guards: () => ReadonlyMap<string, Omit<RouterOrders, "held" | "priority">>;
  /** As they were reported last. */
  readonly instances: () => readonly VrrpInstanceSnapshot[];
  /** The node has something new to show. */
  readonly told: () => void;
  /** Keeps what an operator did, or what came to its end. */
  readonly journal?: Pick<Journal, "record" | "path"> | undefined;
}

/** How long a failover holds back when nobody says otherwise. */
const FAILOVER_HOLD_MS = 60_000;
/** A timer of the runtime cannot wait longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const ANSWER_MS = 10_000;

/** Operations and what of them still holds. */
export class Operations {
  readonly #options: OperationsOptions;
  /** Of the whole node. */
  readonly maintenance: Maintenance;
  #steering: Steering = new Map();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastId = 0;

  constructor(options: OperationsOptions) {
    this.#options = options;
    this.maintenance = new Maintenance({
      ...options,
      resign: async (target) => void await this.#ask({ type: "failover", target, force: true }),
      changed: () => this.steer(),
    });
  }

  /** What the vrrp role is to be told after its configuration. */
  get orders(): Readonly<Record<string, RouterOrders>> {
    const guards = this.#options.guards();
    const everybody = this.maintenance.orders;
    const all = everybody === undefined ? [] : this.#options.config().vrrpInstances.map((instance) => instance.name);
    return Object.fromEntries([...new Set([...this.#steering.keys(), ...guards.keys(), ...all])].map((name) => {
      return [name, { ...ordersFor(this.#steering, name), ...guards.get(name), ...everybody }];
    }));
  }

  /** Tells the vrrp role what holds now. */
  steer(): void {
    this.#options.vrrp()?.post({ type: "steer", orders: this.orders });
  }

  /** What is reported of instances, with what operators have said of them. */
  show(instances: readonly VrrpInstanceSnapshot[]): readonly VrrpInstanceSnapshot[] {
    return instances.map(({ orders: _earlier, ...instance }) => {
      const order = this.#steering.get(instance.name);
      return order === undefined ? instance : { ...instance, orders: shown(order) };
    });
  }

  /** What operators have said of one instance and holds. */
  standing(name: string): VrrpInstanceSnapshot["orders"] {
    const order = this.#steering.get(name);
    return order && shown(order);
  }

  /** Carries a request out. @throws Error with one sentence for the operator @returns undefined when it is none of ours */
  async obey(request: ControlRequest): Promise<string | MaintenanceAnswer | undefined> {
    switch (request.command) {
      case "failover":
        return await this.#failover(name(request), request.force === true, termsOf(request));
      case "announce": {
        const { text, members } = await this.#ask({ type: "announce", target: name(request) });
        return this.#tell(members, `${members.join(", ")}: ${text}`, { by: signatureOf(request), passing: true });
      }
      case "hold":
        return this.#hold(name(request), termsOf(request));
      case "release":
        return this.#release(typeof request.name === "string" ? request.name : undefined, signatureOf(request));
      case "priority":
        return this.#priority(name(request), request.priority, termsOf(request));
      case "clear-priority": {
        const one = this.#instance(name(request)).name;
        this.#use({ type: "clear-priority", name: one });
        return this.#tell([one], `${one} has the priority of its configuration`, { by: signatureOf(request) });
      }
      default:
        return await this.maintenance.obey(request);
    }
  }

  /** Ends: nothing is awaited any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.maintenance.stop();
  }

  async #failover(target: string, force: boolean, { forMs = FAILOVER_HOLD_MS, by }: Terms): Promise<string> {
    // Before it is done, so that what comes of it is told after it.
    const asked = `failover of ${target}${force ? " by force" : ""}`;
    this.#options.journal?.record({ type: "operator", names: this.#members(target), text: signed(asked, by) });
    const { members, text } = await this.#ask({ type: "failover", target, force });
    this.#use({ type: "hold", names: members, forUs: forMs * 1000, ...(by && { by }) });
    const them = members.length > 1 ? "they do" : "it does";
    const until = `for ${formatDuration(forMs)} ${them} not take over while another master is heard`;
    return this.#tell(members, `${text}; ${until}`, { by });
  }

  #hold(target: string, { forMs, by }: Terms): string {
    const names = this.#members(target);
    this.#use({ type: "hold", names, ...(forMs === undefined ? {} : { forUs: forMs * 1000 }), ...(by && { by }) });
    const until = forMs === undefined ? "until it is released" : `for ${formatDuration(forMs)}`;
    return this.#tell(names, `${names.join(", ")}: held ${until}, no taking over while a master is heard`, { by });
  }

  #release(target: string | undefined, by: Signature | undefined): string {
    const wanted = target === undefined ? [...this.#steering.keys()] : this.#members(target);
    const names = wanted.filter((one) => this.#steering.get(one)?.held !== undefined);
    if (names.length === 0) return target === undefined ? "nothing is held" : `${target} is not held`;
    this.#use({ type: "release", names });
    return this.#tell(names, `${names.join(", ")}: released`, { by });
  }

  #priority(target: string, value: unknown, { forMs, by }: Terms): string {
    const instance = this.#instance(target);
    const number = typeof value === "number" ? value : NaN;
    const why = whyNotPriority(instance, target, number);
    if (why !== undefined) throw new Error(why);
    this.#use({
      type: "priority",
      name: target,
      value: number,
      ...(forMs === undefined ? {} : { forUs: forMs * 1000 }),
      ...(by && { by }),
    });
    const until = forMs === undefined ? "until it is cleared" : `for ${formatDuration(forMs)}`;
    const instead = `instead of ${instance.priority}`;
    return this.#tell([target], `${target} has priority ${number} ${instead} ${until}`, { by });
  }

  #use(request: SteeringRequest): void {
    this.#steering = stepSteering(this.#steering, request, nowUs());
    this.#send();
  }

  /** Tells the vrrp role, and waits for the next end. */
  #send(): void {
    this.steer();
    clearTimeout(this.#timer);
    const end = nextEndUs(this.#steering);
    if (end === undefined) return;
    const waitMs = Math.max(0, Math.ceil((end - nowUs()) / 1000));
    this.#timer = setTimeout(() => this.#expire(), Math.min(waitMs, MAX_TIMER_MS));
  }

  #expire(): void {
    const { steering, ended } = expire(this.#steering, nowUs());
    this.#steering = steering;
    for (const { name, what } of ended) {
      if (what === "held") this.#tell([name], `${name}: released, its time is over`);
      else this.#tell([name], `${name} has the priority of its configuration again, the time is over`);
    }
    this.#send();
  }

  async #ask(operation: VrrpOperation): Promise<OperationAnswer & { done: true }> {
    const process = this.#options.vrrp();
    if (process === undefined) throw new Error("VRRP is not running here");
    const id = ++this.#lastId;
    process.post({ type: "operate", id, operation });
    const answered = await process.waitFor("operated", ANSWER_MS, (message) => message.id === id);
    if (answered === undefined) throw new Error("the vrrp role does not answer");
    if (!answered.answer.done) throw new Error(answered.answer.why);
    return answered.answer;
  }

  /** The instance of that name, or those of its sync group, or those of the sync group of that name. */
  #members(target: string): string[] {
    const { vrrpInstances, syncGroups } = this.#options.config();
    const group = syncGroups.find((one) => one.name === target || one.members.includes(target));
    const names = vrrpInstances.map((instance) => instance.name);
    if (group !== undefined) return group.members.filter((member) => names.includes(member));
    if (!names.includes(target)) throw new Error(`there is no instance or sync group \`${target}\``);
    return [target];
  }

  #instance(target: string): Config["vrrpInstances"][number] {
    const instance = this.#options.config().vrrpInstances.find((one) => one.name === target);
    if (instance === undefined) throw new Error(`there is no instance \`${target}\``);
    return instance;
  }

  /** @param how `passing`: it changes nothing that holds later */
  #tell(
    names: readonly string[],
    text: string,
    { by, passing = false }: { readonly by?: Signature | undefined; readonly passing?: boolean } = {},
  ): string {
    const told = signed(text, by);
    this.#options.log(`operator: ${told}`);
    this.#options.journal?.record({ type: "operator", names, text: told, ...(passing && { passing }) });
    return text;
  }
}

/** For how long, and whose word it is. */
interface Terms {
  readonly forMs?: number | undefined;
  readonly by?: Signature | undefined;
}

function termsOf(request: ControlRequest): Terms {
  return { forMs: duration(request), by: signatureOf(request) };
}

function name(request: ControlRequest): string {
  if (typeof request.name !== "string") throw new Error("the request names no instance");
  return request.name;
}

function shown({ held, priority }: Order): NonNullable<VrrpInstanceSnapshot["orders"]> {
  const wall = Date.now() - nowUs() / 1000;
  const terms = ({ untilUs, by }: { untilUs?: number; by?: Signature }): OrderTerms => ({
    ...(untilUs === undefined ? {} : { untilMs: Math.round(wall + untilUs / 1000) }),
    ...by,
  });
  return {
    ...(held && { held: terms(held) }),
    ...(priority && { priority: { value: priority.value, ...terms(priority) } }),
  };
}

function nowUs(): number {
  return Math.round(performance.now() * 1000);
}
