// Plays a scenario: configurations on simulated hosts, step after step, in virtual time.
import { Prng } from "../../base/prng.ts";
import { same } from "../../base/same.ts";
import type { Config } from "../../config/config.ts";
import { type ServerWord, wordText } from "../../core/tracking/server_word.ts";
import { NO_ORDERS, type RouterOrders } from "../../core/vrrp/steering.ts";
import { masterDownIntervalUs } from "../../core/vrrp/timing.ts";
import { addressesOf } from "../vrrp/addresses.ts";
import { fencedSubjects, subjectOf } from "../vrrp/fenced_subjects.ts";
import type { FenceRequest, StateTransition } from "../vrrp/surroundings.ts";
import { priorityTerms } from "./priority_terms.ts";
import type { ScenarioAction, ScenarioStep } from "./scenario.ts";
import { type HostConfig, SimulatedHost } from "./simulated_host.ts";
import { PERFECT_LINK, SimulatedNetwork } from "./simulated_network.ts";
import { SimulatedScripts } from "./simulated_scripts.ts";
import { type SimulatedKeys, SimulatedWitnesses } from "./simulated_witnesses.ts";
import { MasterBook, type TimelineEvent, type VirtualRouterSummary } from "./timeline.ts";
import {
  addInterfaces,
  connect,
  isTwin,
  type NodeConfig,
  nodeOfApi,
  serverWord,
  usedFiles,
  usedProcesses,
  usedScripts,
  usedVirtualServers,
} from "./topology.ts";

/** What a play needs beside its nodes. */
export interface PlayOptions {
  /** Decides which packets are lost. */
  readonly seed: number;
  /** The configuration that a `reload` names. */
  readonly reloads: ReadonlyMap<ScenarioStep, Config>;
}

/** What came of it. */
export interface Play {
  readonly events: readonly TimelineEvent[];
  readonly summary: readonly VirtualRouterSummary[];
  readonly endUs: number;
}

const SECOND_US = 1_000_000;
const QUIET_LOG = /\) (?:Entering|Stopped|Changing effective priority)|Syncing instances to/;

/** Lets the nodes live through the steps. */
export function play(nodes: readonly NodeConfig[], steps: readonly ScenarioStep[], options: PlayOptions): Play {
  return new Player(nodes, options).run(steps);
}

class Player {
  readonly #network: SimulatedNetwork;
  readonly #startUs: number;
  readonly #events: TimelineEvent[] = [];
  readonly #books: MasterBook[] = [];
  readonly #scripts = new Map<SimulatedHost, SimulatedScripts>();
  readonly #files = new Map<SimulatedHost, Record<string, number>>();
  readonly #processes = new Map<SimulatedHost, Record<string, boolean>>();
  readonly #sessions = new Map<SimulatedHost, Record<string, boolean>>();
  readonly #servers = new Map<SimulatedHost, Record<string, ServerWord>>();
  readonly #witnesses = new Map<SimulatedHost, SimulatedWitnesses>();
  /** Questions that wait until the engine that asked is done with what it does. */
  #fencing: { readonly host: SimulatedHost; readonly request: FenceRequest }[] = [];
  readonly #failing = new Set<SimulatedHost>();
  /** What came of it, by who it was for. */
  readonly #fenced = new Map<SimulatedHost, Map<string, RouterOrders["fenced"]>>();
  readonly #configs = new Map<SimulatedHost, Config>();
  readonly #orders = new Map<SimulatedHost, ReadonlyMap<string, RouterOrders>>();
  readonly #options: PlayOptions;
  /** Nodes that a step at 0 keeps from starting. */
  readonly #absent = new Set<SimulatedHost>();
  #started = false;

  constructor(nodes: readonly NodeConfig[], options: PlayOptions) {
    this.#options = options;
    this.#network = new SimulatedNetwork(new Prng(options.seed));
    this.#startUs = this.#network.nowUs;
    const keys: SimulatedKeys = new Map();
    for (const [index, { name, config }] of nodes.entries()) {
      const host = new SimulatedHost(name, index + 1, hostConfig(config), this.#network, {
        transition: (_, transition) => this.#transition(host, transition),
        log: (_, line) => this.#log(host, line),
        fence: (_, request) => this.#fencing.push({ host, request }),
      });
      addInterfaces(host, nodes);
      this.#network.hosts.push(host);
      this.#configs.set(host, config);
      this.#scripts.set(host, new SimulatedScripts());
      const files = usedFiles(config).map((file) => [file.name, file.initial?.value ?? 0] as const);
      this.#files.set(host, Object.fromEntries(files));
      this.#processes.set(host, Object.fromEntries(usedProcesses(config).map((process) => [process.name, true])));
      this.#sessions.set(host, Object.fromEntries(config.bfdInstances.map((session) => [session.name, true])));
      this.#servers.set(host, serversOf(config, {}));
      const hostOf = (url: string): SimulatedHost | undefined => this.#host(nodeOfApi(nodes, name, url) ?? "");
      this.#witnesses.set(host, new SimulatedWitnesses(host, { hostOf, keys }));
      for (const instance of config.vrrpInstances) {
        if (!this.#books.some((book) => isTwin(book.instance, instance))) this.#books.push(new MasterBook(instance));
      }
    }
    connect(this.#network, nodes);
    this.#network.happened = () => this.#fence();
  }

  run(steps: readonly ScenarioStep[]): Play {
    const isEnd = ({ action }: ScenarioStep): boolean => action.type === "end";
    const endUs = steps.find(isEnd)?.atUs ?? this.#naturalEnd(steps);
    for (const step of steps.filter(({ atUs }) => atUs === 0)) this.#take(step);
    this.#started = true;
    for (const host of this.#network.hosts) if (!this.#absent.has(host)) this.#start(host);
    for (const step of steps) {
      if (step.atUs === 0 || step.atUs > endUs || isEnd(step)) continue;
      this.#passUntil(step.atUs);
      this.#take(step);
    }
    this.#passUntil(endUs);
    return { events: this.#events, summary: this.#books.map((book) => book.close(endUs)), endUs };
  }

  get #nowUs(): number {
    return this.#network.nowUs - this.#startUs;
  }

  /** Long enough after the last step for everything to come about. */
  #naturalEnd(steps: readonly ScenarioStep[]): number {
    const configs = [...this.#configs.values(), ...this.#options.reloads.values()];
    const downs = configs.flatMap(({ vrrpInstances }) =>
      vrrpInstances.map((instance) => {
        const down = masterDownIntervalUs({ ...instance, priority: 1 }, instance.advertisementIntervalUs);
        return 2 * down + instance.preemptDelayUs;
      })
    );
    const verdicts = configs.flatMap((config) =>
      usedScripts(config)
        .map(({ intervalMs, rise, fall }) => intervalMs * 1000 * Math.max(rise, fall))
    );
    const witnesses = configs.flatMap(({ witness }) =>
      (witness?.witnesses ?? []).map(({ intervalMs, rise, fall, asks }) => {
        const leaseMs = asks.kind === "etcd" ? asks.ttlSeconds * 1000 : 0;
        return 1000 * (intervalMs * Math.max(rise, fall) + (witness?.timeoutMs ?? 0) + leaseMs) + Math.max(0, ...downs);
      })
    );
    const last = steps.at(-1);
    const pauseUs = last?.action.type === "pauses" ? last.action.durationUs : 0;
    const settleUs = Math.max(0, ...downs) + Math.max(0, ...verdicts) + Math.max(0, ...witnesses) + pauseUs;
    return Math.ceil(((last?.atUs ?? 0) + settleUs) / SECOND_US) * SECOND_US;
  }

  #passUntil(untilUs: number): void {
    for (;;) {
      const asked = [...this.#scripts.values(), ...this.#witnesses.values()];
      const nextUs = Math.min(...asked.map((one) => one.nextUs)) - this.#startUs;
      if (nextUs > untilUs) break;
      this.#network.run(this.#startUs + Math.max(nextUs, this.#nowUs));
      for (const host of this.#network.hosts) {
        this.#runScripts(host);
        this.#askWitnesses(host);
      }
    }
    this.#network.run(this.#startUs + untilUs);
  }

  #runScripts(host: SimulatedHost): void {
    const changed = this.#scripts.get(host)?.runDue(this.#network.nowUs) ?? [];
    if (changed.length === 0) return;
    for (const { name: script, verdict } of changed) {
      // That all is well at the start goes without saying.
      if (host.runs || verdict === "down") this.#tell({ type: "script", node: host.name, script, verdict });
    }
    this.#track(host);
  }

  #askWitnesses(host: SimulatedHost): void {
    const witnesses = this.#witnesses.get(host);
    if (witnesses === undefined || witnesses.nextUs > this.#network.nowUs) return;
    const before = witnesses.bans;
    const lines = witnesses.runDue(this.#network.nowUs);
    for (const text of lines) this.#tell({ type: "note", node: host.name, text });
    if (!same([...before], [...witnesses.bans])) this.#steer(host);
  }

  #track(host: SimulatedHost): void {
    host.track({
      scripts: this.#scripts.get(host)?.verdicts ?? {},
      files: this.#files.get(host) ?? {},
      processes: this.#processes.get(host) ?? {},
      // The link is simulated, but neither what BFD would see of it nor checks of servers.
      bfd: this.#sessions.get(host) ?? {},
      virtualServers: this.#servers.get(host) ?? {},
    });
  }

  #start(host: SimulatedHost): void {
    const config = this.#configs.get(host);
    if (config === undefined || host.runs) return;
    // Their first results come before anything else can happen.
    this.#scripts.get(host)?.start(usedScripts(config), this.#network.nowUs);
    this.#runScripts(host);
    this.#track(host);
    this.#witnesses.get(host)?.start(config, this.#network.nowUs);
    host.start(new Set(), this.#ordersOf(host));
  }

  #take(step: ScenarioStep): void {
    this.#tell({ type: "step", text: step.text });
    const { action } = step;
    if ("node" in action) {
      const host = this.#host(action.node);
      if (host !== undefined) this.#takeOnHost(host, action, step);
      return;
    }
    const network = this.#network;
    switch (action.type) {
      case "cut": {
        const [from, to] = [this.#host(action.from), this.#host(action.to)];
        if (from === undefined || to === undefined) return;
        return network.cut(from, to, action.device === undefined ? "*" : network.segmentOf(from, action.device));
      }
      case "partition":
        for (const from of network.hosts) for (const to of network.hosts) network.cut(from, to);
        return;
      case "heal":
        network.mend();
        network.quality = PERFECT_LINK;
        return;
      case "loss":
        network.quality = { ...network.quality, lossProbability: action.probability };
        return;
      case "delay": {
        const delayUs = Math.max(1, action.durationUs);
        network.quality = { ...network.quality, minDelayUs: delayUs, maxDelayUs: delayUs };
        return;
      }
      case "end":
        return;
      default:
        return action satisfies never;
    }
  }

  #takeOnHost(host: SimulatedHost, action: Extract<ScenarioAction, { node: string }>, step: ScenarioStep): void {
    switch (action.type) {
      case "dies":
      case "stops":
        if (!this.#started) this.#absent.add(host);
        return this.#end(host, action.type === "stops");
      case "returns":
        return this.#start(host);
      case "restarts":
        return host.restartRole(true, this.#ordersOf(host));
      case "pauses":
        host.stalledUntilUs = this.#network.nowUs + action.durationUs;
        return;
      case "link":
        return host.setLink(action.device, action.up);
      case "script":
        this.#scripts.get(host)?.set(action.name, action.succeeds);
        return;
      case "process":
        this.#processes.set(host, { ...this.#processes.get(host), [action.name]: action.runs });
        return this.#track(host);
      case "file":
        this.#files.set(host, { ...this.#files.get(host), [action.name]: action.value });
        return this.#track(host);
      case "bfd":
        this.#sessions.set(host, { ...this.#sessions.get(host), [action.name]: action.up });
        return this.#track(host);
      case "virtual_server":
        this.#serve(host, action.name, action.servers);
        return this.#track(host);
      case "witness":
        return this.#witnesses.get(host)?.set(action.name, action.lost);
      case "fencing":
        if (action.succeeds) this.#failing.delete(host);
        else this.#failing.add(host);
        return;
      case "loses":
        for (const { name } of host.interfaces.values()) host.loseAddress(name, action.address);
        return;
      case "failover": {
        const answer = host.operate({ type: "failover", target: action.name, force: action.force });
        if (answer === undefined) return;
        if (answer.done) this.#order(host, answer.members, { held: true });
        return this.#tell({ type: "note", node: host.name, text: answer.done ? answer.text : answer.why });
      }
      case "hold":
        return this.#order(host, this.#namesOf(host, action.name), { held: true });
      case "release":
        this.#orders.delete(host);
        return this.#steer(host);
      case "priority":
        return this.#order(host, [action.name], { priority: action.value });
      case "reload":
        return this.#reload(host, this.#options.reloads.get(step));
      default:
        return action satisfies never;
    }
  }

  #end(host: SimulatedHost, inGoodOrder: boolean): void {
    if (inGoodOrder) host.stop();
    else host.crash();
    this.#scripts.get(host)?.stop();
    this.#witnesses.get(host)?.stop();
    this.#orders.delete(host);
    this.#fenced.delete(host);
    this.#forgetMaster(host);
  }

  /** Who was asked for switches off whoever has the address that was heard last. */
  #fence(): void {
    for (const { host, request } of this.#fencing.splice(0)) {
      if (!host.runs) continue;
      const { id, name, address } = request;
      const allowed = !this.#failing.has(host);
      const isMeant = (other: SimulatedHost): boolean =>
        [...other.interfaces.values()].some(({ ownAddresses }) => ownAddresses.includes(address ?? ""));
      const others = this.#network.hosts.filter((other) => other !== host && isMeant(other) && allowed);
      for (const other of others) this.#end(other, false);
      const came = others.length > 0 ? `: ${others.map((other) => other.name).join(", ")} has no power any more` : "";
      const text = `fencing for ${name}: the script ${allowed ? "succeeded" : "failed"}${came}`;
      this.#tell({ type: "note", node: host.name, text });
      const outcome = { id, allowed, reason: "the fencing script failed" };
      this.#fenced.set(host, new Map(this.#fenced.get(host)).set(subjectOf(request), outcome));
      this.#steer(host);
    }
  }

  /** So many of a virtual server's servers are up. */
  #serve(host: SimulatedHost, name: string, up: number | undefined): void {
    const words = this.#servers.get(host) ?? {};
    const server = this.#configs.get(host)?.virtualServers.find((one) => one.name === name);
    if (server === undefined) return;
    const word = serverWord(server, up, words[name]);
    this.#servers.set(host, { ...words, [name]: word });
    this.#tell({ type: "note", node: host.name, text: `virtual server ${name} ${wordText(word)}` });
  }

  /** Adds to what an operator has said of instances. */
  #order(host: SimulatedHost, names: readonly string[], word: Partial<RouterOrders>): void {
    const orders = new Map(this.#orders.get(host));
    for (const name of names) orders.set(name, { ...NO_ORDERS, ...orders.get(name), ...word });
    this.#orders.set(host, orders);
    this.#steer(host);
  }

  #steer(host: SimulatedHost): void {
    host.steerEach(this.#ordersOf(host));
  }

  /** What operators have said of each instance, and witnesses, and what came of fencing. */
  #ordersOf(host: SimulatedHost): ReadonlyMap<string, RouterOrders> {
    const orders = new Map(this.#orders.get(host));
    for (const [name, ban] of this.#witnesses.get(host)?.bans ?? []) {
      orders.set(name, { ...NO_ORDERS, ...orders.get(name), ban });
    }
    const config = this.#configs.get(host);
    for (const [name, subject] of config === undefined ? [] : fencedSubjects(config)) {
      const fenced = this.#fenced.get(host)?.get(subject);
      const fencing = { timeoutUs: (config?.fencing?.timeoutMs ?? 0) * 1000 };
      orders.set(name, { ...NO_ORDERS, ...orders.get(name), fencing, ...(fenced && { fenced }) });
    }
    return orders;
  }

  /** The instance of that name, or the members of the sync group. */
  #namesOf(host: SimulatedHost, name: string): readonly string[] {
    return host.config.syncGroups.find((group) => group.name === name)?.members ?? [name];
  }

  #reload(host: SimulatedHost, config: Config | undefined): void {
    if (config === undefined) return;
    this.#configs.set(host, config);
    const processes = usedProcesses(config).map(({ name }) => [name, this.#processes.get(host)?.[name] ?? true]);
    this.#processes.set(host, Object.fromEntries(processes));
    this.#servers.set(host, serversOf(config, this.#servers.get(host) ?? {}));
    const sessions = config.bfdInstances.map(({ name }) => [name, this.#sessions.get(host)?.[name] ?? true]);
    this.#sessions.set(host, Object.fromEntries(sessions));
    if (!host.runs) return;
    this.#witnesses.get(host)?.start(config, this.#network.nowUs);
    this.#scripts.get(host)?.start(usedScripts(config), this.#network.nowUs);
    this.#runScripts(host);
    host.reconfigure(hostConfig(config));
    this.#steer(host);
    this.#track(host);
  }

  #host(name: string): SimulatedHost | undefined {
    return this.#network.hosts.find((host) => host.name === name);
  }

  #transition(host: SimulatedHost, { kind, name, from, to, priority }: StateTransition): void {
    if (kind === "group") return;
    const snapshot = host.snapshot().find((entry) => entry.name === name);
    const instance = host.config.instances.find((entry) => entry.name === name);
    if (instance !== undefined) this.#book(instance)?.set(host.name, to === "master", this.#nowUs);
    const addresses = instance === undefined ? [] : addressesOf(instance)
      .filter(({ device, address }) => host.interfaces.get(device)?.held.has(address))
      .map(({ address, prefixLength }) => `${address}/${prefixLength}`);
    const reason = snapshot?.lastTransition?.reason ?? "";
    const what = { node: host.name, instance: name, from, to, reason, effectivePriority: priority, addresses };
    this.#tell({ type: "state", ...what });
  }

  #forgetMaster(host: SimulatedHost): void {
    for (const book of this.#books) book.set(host.name, false, this.#nowUs);
  }

  #book(instance: MasterBook["instance"]): MasterBook | undefined {
    return this.#books.find((book) => isTwin(book.instance, instance));
  }

  #log(host: SimulatedHost, line: string): void {
    const match = line.match(/^\((.+)\) Changing effective priority from (\d+) to (\d+)$/);
    const instance = host.config.instances.find(({ name }) => name === match?.[1]);
    if (match !== null && instance !== undefined) {
      const group = host.config.syncGroups.find(({ members }) => members.includes(instance.name));
      const base = this.#orders.get(host)?.get(instance.name)?.priority;
      const terms = priorityTerms({ ...instance, priority: base ?? instance.priority }, group, host.status, host);
      const [from, to] = [Number(match[2]), Number(match[3])];
      return this.#tell({ type: "priority", node: host.name, instance: instance.name, from, to, terms });
    }
    if (!QUIET_LOG.test(line)) this.#tell({ type: "note", node: host.name, text: line });
  }

  #tell(event: EventOf<TimelineEvent>): void {
    this.#events.push({ atUs: this.#nowUs, ...event });
  }
}

/** An event before it has its time. */
type EventOf<Event> = Event extends { readonly atUs: number } ? Omit<Event, "atUs"> : never;

/** All are up, but those that were said to be otherwise. */
function serversOf(config: Config, before: Readonly<Record<string, ServerWord>>): Record<string, ServerWord> {
  return Object.fromEntries(
    usedVirtualServers(config).map((server) => {
      return [server.name, before[server.name] ?? serverWord(server)];
    }),
  );
}

function hostConfig({ vrrpInstances, syncGroups }: Config): HostConfig {
  return { instances: vrrpInstances, syncGroups };
}
