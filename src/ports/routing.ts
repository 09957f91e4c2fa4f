// Routes, rules and settings of interfaces as the VRRP engine changes them.
import type { RouteRequest } from "../wire/route.ts";
import type { RuleRequest } from "../wire/rule.ts";

/** The kernel's routing, for the VRRP engine. Every call is synchronous and never waits for anything but the kernel. */
export interface RoutingPort {
  /** Adds a route; one that is there already is no error. @throws Error with the kernel's reason */
  addRoute(route: RouteRequest): void;
  /** Puts a route in the place of the one with its destination, table, TOS and metric. @throws Error as above */
  replaceRoute(route: RouteRequest): void;
  /** Removes a route. @returns false when it was gone already. @throws Error as above */
  removeRoute(route: RouteRequest): boolean;
  /** Whether somebody else removed a route since it was added. Seen only of routes with keepalived's protocol. */
  isRouteLost(route: RouteRequest): boolean;
  /** Adds a rule. @returns false when it was there already. @throws Error as above */
  addRule(rule: RuleRequest): boolean;
  /** Removes a rule. @returns false when it was gone already. @throws Error as above */
  removeRule(rule: RuleRequest): boolean;
  /** As for routes. */
  isRuleLost(rule: RuleRequest): boolean;
  /**
   * Says whether secondary IPv4 addresses of a device stay when the primary one goes.
   *
   * @returns what held before; undefined when there is no such device, or it could not be changed
   */
  promoteSecondaries(device: string, on: boolean): boolean | undefined;
}
