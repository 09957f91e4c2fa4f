// Routes and rules that come and go together: those of an instance, or the static ones. Routes come before rules and leave
// after them, as in keepalived.
import { same } from "../../base/same.ts";
import type { Route, Rule, StaticEntry } from "../../config/config_vrrp.ts";
import { isTracked, routeText, ruleText } from "../../config/routing_parts.ts";
import type { NetworkPort } from "../../ports/network.ts";
import type { RoutingPort } from "../../ports/routing.ts";
import type { RouteRequest } from "../../wire/route.ts";
import type { RuleRequest } from "../../wire/rule.ts";

/** What is configured; only entries with a request count. */
export interface RoutingLists {
  readonly routes: readonly (Route & StaticEntry)[];
  readonly rules: readonly (Rule & StaticEntry)[];
}

/** One that somebody else removed. */
export interface LostEntry {
  /** `route ...`, `rule ...` */
  readonly what: string;
  /** The interface of a route. */
  readonly device?: string;
  readonly trackGroup?: string;
}

/** What is to be known. */
export interface MovedRoutesListener {
  /** One line for people, each time. */
  readonly log: (line: string) => void;
  /** A refusal by the kernel, which may come again and again. */
  readonly refused: (line: string) => void;
}

/** How long after a refusal the kernel is asked again. */
const RETRY_INTERVAL_US = 1_000_000;

/** Routes and rules with one fate. Failures are logged, and do not keep the others from being tried. */
export class MovedRoutes {
  readonly #network: NetworkPort;
  readonly #listener: MovedRoutesListener;
  #lists: RoutingLists;
  /** What is in the kernel by our doing, as it was asked for. */
  #routes: RouteRequest[] = [];
  #rules: RuleRequest[] = [];
  /** The kernel refused something since all were asked for. */
  #isIncomplete = false;
  #retryUs: number | undefined;

  constructor(network: NetworkPort, lists: RoutingLists, listener: MovedRoutesListener) {
    this.#network = network;
    this.#lists = lists;
    this.#listener = listener;
  }

  /** Adds all of them; those that are there are no error. */
  add(): void {
    const routing = this.#network.routing;
    if (routing === undefined) return;
    this.#isIncomplete = false;
    for (const route of requestsOf(this.#lists.routes)) this.#putRoute(routing, route);
    for (const rule of requestsOf(this.#lists.rules)) this.#putRule(routing, rule);
  }

  /** Asks the kernel again for what it has refused, once a second: a gateway may be reachable by now. */
  retry(nowUs: number): void {
    if (!this.#isIncomplete) return;
    this.#retryUs ??= nowUs + RETRY_INTERVAL_US;
    if (nowUs < this.#retryUs) return;
    this.#retryUs = undefined;
    this.add();
  }

  /** Removes what was added, by us or by a predecessor. */
  remove(): void {
    this.#isIncomplete = false;
    const routing = this.#network.routing;
    const [rules, routes] = [requestsOf(this.#lists.rules), requestsOf(this.#lists.routes)];
    const others = <Value>(list: readonly Value[], known: readonly Value[]): Value[] =>
      list.filter((value) => !isIn(known, value));
    for (const rule of [...this.#rules, ...others(rules, this.#rules)]) this.#attempt(() => routing?.removeRule(rule));
    for (const route of [...this.#routes, ...others(routes, this.#routes)]) {
      this.#attempt(() => routing?.removeRoute(route));
    }
    [this.#rules, this.#routes] = [[], []];
  }

  /** A predecessor that was killed left them: two hosts must not lead the same way. */
  removeLeftOvers({ routes, rules }: RoutingLists = this.#lists): void {
    const routing = this.#network.routing;
    for (const rule of rules) this.#removeLeftOver(`rule ${ruleText(rule)}`, rule, (own) => routing?.removeRule(own));
    for (const route of routes) {
      this.#removeLeftOver(`route ${routeText(route)}`, route, (own) => routing?.removeRoute(own));
    }
  }

  /** First half of a change: removes what will not be there any more, unless something takes its very place. */
  withdraw(next: RoutingLists): void {
    const routing = this.#network.routing;
    const [routes, rules] = [requestsOf(next.routes), requestsOf(next.rules)];
    const stays = (rule: RuleRequest): boolean => rules.some(({ preference }) => preference === rule.preference);
    for (const rule of this.#rules.filter((own) => !stays(own))) this.#dropRule(rule);
    const places = new Set(routes.map(placeOf));
    for (const route of this.#routes.filter((own) => !places.has(placeOf(own)))) {
      this.#attempt(() => routing?.removeRoute(route));
      this.#routes = this.#routes.filter((own) => own !== route);
    }
  }

  /** Takes the lists of a new configuration; touches nothing. @returns what is new in them */
  replace(lists: RoutingLists): RoutingLists {
    const added = {
      routes: lists.routes.filter((route) => !isIn(this.#lists.routes, route)),
      rules: lists.rules.filter((rule) => !isIn(this.#lists.rules, rule)),
    };
    this.#lists = lists;
    return added;
  }

  /**
   * Second half of a change: what is new comes, in the place of what it is instead of, without a gap. Routes that stay are
   * asked for again, since the kernel removes some with an address.
   */
  settle(): void {
    const routing = this.#network.routing;
    if (routing === undefined) return;
    this.#isIncomplete = false;
    const [routes, rules] = [requestsOf(this.#lists.routes), requestsOf(this.#lists.rules)];
    for (const route of routes) {
      const old = this.#routes.filter((own) => placeOf(own) === placeOf(route) && !isIn(routes, own));
      const alone = routes.filter((other) => placeOf(other) === placeOf(route)).length === 1 && old.length === 1;
      if (!alone || isIn(this.#routes, route)) continue;
      this.#attempt(() => {
        routing.replaceRoute(route);
        this.#routes = [...this.#routes.filter((own) => own !== old[0]), route];
      });
    }
    for (const route of this.#routes.filter((own) => !isIn(routes, own))) {
      this.#attempt(() => routing.removeRoute(route));
      this.#routes = this.#routes.filter((own) => own !== route);
    }
    for (const route of routes) this.#putRoute(routing, route);
    const stale = this.#rules.filter((own) => !isIn(rules, own));
    const doubtful = rules.filter((rule) => !this.#putRule(routing, rule));
    for (const rule of stale) this.#dropRule(rule);
    // One that was there already may have been taken for the one that has just been removed.
    if (stale.length > 0) { for (const rule of doubtful) this.#putRule(routing, rule); }
  }

  /** Those that are tracked and that somebody else removed. */
  lost(): LostEntry[] {
    const routing = this.#network.routing;
    if (routing === undefined) return [];
    const routes = this.#lists.routes.filter((route) =>
      isTracked(route) && route.request !== undefined && isIn(this.#routes, route.request) &&
      routing.isRouteLost(route.request)
    );
    const rules = this.#lists.rules.filter((rule) =>
      isTracked(rule) && rule.request !== undefined && isIn(this.#rules, rule.request) &&
      routing.isRuleLost(rule.request)
    );
    return [
      ...routes.map((route) => ({ what: `route ${routeText(route)}`, ...deviceOf(route), ...groupOf(route) })),
      ...rules.map((rule) => ({ what: `rule ${ruleText(rule)}`, ...groupOf(rule) })),
    ];
  }

  #putRoute(routing: RoutingPort, route: RouteRequest): void {
    this.#attempt(() => {
      routing.addRoute(route);
      if (!isIn(this.#routes, route)) this.#routes.push(route);
    });
  }

  /** @returns false when it was there already */
  #putRule(routing: RoutingPort, rule: RuleRequest): boolean {
    let added = true;
    this.#attempt(() => {
      added = routing.addRule(rule);
      if (!isIn(this.#rules, rule)) this.#rules.push(rule);
    });
    return added;
  }

  #dropRule(rule: RuleRequest): void {
    this.#attempt(() => this.#network.routing?.removeRule(rule));
    this.#rules = this.#rules.filter((own) => own !== rule);
  }

  #removeLeftOver<Request>(
    what: string,
    { request }: { readonly request?: Request },
    remove: (request: Request) => boolean | undefined,
  ): void {
    if (request === undefined) return;
    this.#attempt(() => {
      if (remove(request) === true) this.#listener.log(`removed the ${what}, left over`);
    });
  }

  #attempt(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#isIncomplete = true;
      this.#listener.refused(error instanceof Error ? error.message : String(error));
    }
  }
}

function groupOf({ trackGroup }: StaticEntry): Pick<LostEntry, "trackGroup"> {
  return trackGroup === undefined ? {} : { trackGroup };
}

function deviceOf({ request }: Route): Pick<LostEntry, "device"> {
  return request?.device === undefined ? {} : { device: request.device };
}

function requestsOf<Request>(list: readonly { readonly request?: Request }[]): Request[] {
  return list.flatMap(({ request }) => (request === undefined ? [] : [request]));
}

/** The kernel can put one route in another's place when these are the same. */
function placeOf({ family, destination, prefixLength, table, tos, metric }: RouteRequest): string {
  return `${family} ${destination}/${prefixLength} ${table} ${tos} ${metric ?? ""}`;
}

function isIn<Value>(list: readonly Value[], value: Value): boolean {
  return list.some((other) => same(other, value, "location"));
}
