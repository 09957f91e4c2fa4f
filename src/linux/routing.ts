// Routes and rules through rtnetlink, and which of ours somebody else removed. The kernel answers while it handles a request,
// so nothing waits here.
import type { RoutingPort } from "../ports/routing.ts";
import {
  identityOf,
  type IndexOf,
  routeKey,
  type RouteRequest,
  writeAddRoute,
  writeRemoveRoute,
  writeReplaceRoute,
} from "../wire/route.ts";
import { ruleIdentityOf, ruleKey, type RuleRequest, writeAddRule, writeRemoveRule } from "../wire/rule.ts";
import type { InterfaceTable } from "./interface_table.ts";
import { NetlinkRequests } from "./netlink_requests.ts";
import { RoutingMonitor } from "./routing_monitor.ts";
import { describeErrno, errnoName } from "./system_error.ts";

/** Removing what is gone: ESRCH a route, ENOENT a rule, ENODEV with the interface. */
const GONE = new Set(["ESRCH", "ENOENT", "ENODEV"]);

/** The real RoutingPort. */
export class LinuxRouting implements RoutingPort {
  readonly #table: InterfaceTable;
  readonly #requests = new NetlinkRequests(512);
  readonly #monitor: RoutingMonitor;

  constructor(table: InterfaceTable) {
    this.#table = table;
    this.#monitor = new RoutingMonitor();
  }

  /** Readable when the kernel has news of routes or rules: then call `update`. */
  get fd(): number {
    return this.#monitor.fd;
  }

  /** Reads what the monitor has. @returns true when anything was reported */
  update(): boolean {
    return this.#monitor.update();
  }

  addRoute(route: RouteRequest): void {
    this.#putRoute(route, writeAddRoute);
  }

  replaceRoute(route: RouteRequest): void {
    this.#putRoute(route, writeReplaceRoute);
  }

  removeRoute(route: RouteRequest): boolean {
    const key = this.#keyOf(route);
    if (key === undefined) return false; // gone with its interface
    this.#monitor.forget(key);
    return this.#remove(
      `route ${nameOf(route)}`,
      (sequence) => writeRemoveRoute(this.#requests.writer, route, this.#indexOf, sequence),
    );
  }

  isRouteLost(route: RouteRequest): boolean {
    const key = this.#keyOf(route);
    return key !== undefined && this.#monitor.isLost(key);
  }

  addRule(rule: RuleRequest): boolean {
    const refused = this.#requests.send((sequence) => writeAddRule(this.#requests.writer, rule, sequence));
    if (refused !== 0 && errnoName(refused) !== "EEXIST") {
      throw new Error(`Cannot add rule ${rule.preference}: ${describeErrno(refused)}`);
    }
    this.#monitor.watch(ruleKey(ruleIdentityOf(rule)));
    return refused === 0;
  }

  removeRule(rule: RuleRequest): boolean {
    this.#monitor.forget(ruleKey(ruleIdentityOf(rule)));
    return this.#remove(
      `rule ${rule.preference}`,
      (sequence) => writeRemoveRule(this.#requests.writer, rule, sequence),
    );
  }

  isRuleLost(rule: RuleRequest): boolean {
    return this.#monitor.isLost(ruleKey(ruleIdentityOf(rule)));
  }

  promoteSecondaries(device: string, on: boolean): boolean | undefined {
    if (this.#table.indexOf(device) === undefined) return undefined;
    const path = `/proc/sys/net/ipv4/conf/${device}/promote_secondaries`;
    try {
      const before = Deno.readTextFileSync(path).trim() !== "0";
      if (before !== on) Deno.writeTextFileSync(path, on ? "1" : "0");
      return before;
    } catch {
      return undefined;
    }
  }

  close(): void {
    this.#requests.close();
    this.#monitor.close();
  }

  readonly #indexOf: IndexOf = (device) => {
    const index = this.#table.indexOf(device);
    if (index === undefined) throw new Error(`there is no interface ${device}`);
    return index;
  };

  #putRoute(route: RouteRequest, write: typeof writeAddRoute): void {
    const key = this.#keyOf(route);
    if (key === undefined) {
      throw new Error(`Cannot add route ${nameOf(route)}: there is no interface ${route.device}`);
    }
    const refused = this.#requests.send((sequence) => write(this.#requests.writer, route, this.#indexOf, sequence));
    if (refused !== 0 && errnoName(refused) !== "EEXIST") {
      throw new Error(`Cannot add route ${nameOf(route)}: ${describeErrno(refused)}`);
    }
    this.#monitor.watch(key);
  }

  #remove(what: string, write: (sequence: number) => void): boolean {
    const refused = this.#requests.send(write);
    if (refused === 0) return true;
    if (GONE.has(errnoName(refused))) return false;
    throw new Error(`Cannot remove ${what}: ${describeErrno(refused)}`);
  }

  /** Undefined when its interface does not exist. */
  #keyOf(route: RouteRequest): string | undefined {
    try {
      for (const { device } of route.hops) if (device !== undefined) this.#indexOf(device);
      return routeKey(identityOf(route, this.#indexOf));
    } catch {
      return undefined;
    }
  }
}

function nameOf({ destination, prefixLength, table }: RouteRequest): string {
  return `${destination}/${prefixLength} in table ${table}`;
}
