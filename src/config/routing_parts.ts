// Routes and rules as the kernel will be asked for them, and the interfaces that an instance needs because of what it moves.
import { anyName, type NameLookup } from "../core/routing/names.ts";
import { compileRoute } from "../core/routing/route_words.ts";
import { compileRule } from "../core/routing/rule_words.ts";
import type { Config, VirtualAddress, VrrpInstance } from "./config.ts";
import type { Route, Rule, TrackedItem } from "./config_vrrp.ts";
import type { LeftOut } from "./carried_out.ts";
import type { Printed } from "./fields.ts";
import { printRoute, printRule } from "./route_line.ts";

/** Whether somebody's removing it is noticed (keepalived.conf(5), no_track). */
export function isTracked({ options }: Route | Rule): boolean {
  return !options.some(([name]) => name === "no_track");
}

/** A route or rule in the words of the file, for people. */
export function routeText(route: Route): string {
  return textOf(printRoute(route));
}

/** As `routeText`. */
export function ruleText(rule: Rule): string {
  return textOf(printRule(rule));
}

function textOf({ keyword, words }: Printed): string {
  return [keyword, ...words].join(" ");
}

/** Fills in the requests of all routes and rules; those without one are taken out and told of. */
export function withRequests(config: Config, leftOut: LeftOut[], names: NameLookup = anyName): Config {
  const routes = <Kind extends Route>(list: readonly Kind[], where: string): Kind[] =>
    list.flatMap((route) => {
      const result = compileRoute(route, names);
      if (result.ok) return [{ ...route, request: result.request }];
      leftOut.push({ what: `route ${routeText(route)}${where}`, why: result.problem, location: route.location });
      return [];
    });
  const rules = <Kind extends Rule>(list: readonly Kind[], where: string): Kind[] =>
    list.flatMap((rule) => {
      const result = compileRule(rule, names);
      if (result.ok) return [{ ...rule, request: result.request }];
      leftOut.push({ what: `rule ${ruleText(rule)}${where}`, why: result.problem, location: rule.location });
      return [];
    });
  return {
    ...config,
    staticRoutes: routes(config.staticRoutes, ""),
    staticRules: rules(config.staticRules, ""),
    vrrpInstances: config.vrrpInstances.map((instance) => {
      const where = ` of vrrp_instance ${instance.name}`;
      return { ...instance, routes: routes(instance.routes, where), rules: rules(instance.rules, where) };
    }),
  };
}

/**
 * The interfaces that an instance tracks: those that it names, and each other one that something which it moves is on, as
 * keepalived does (measured on 2.2.7), unless that has `no_track`.
 */
export function trackedInterfaces(instance: VrrpInstance): readonly TrackedItem[] {
  const named = instance.tracking.interfaces;
  const known = new Set(["", "lo", instance.interface, ...named.map(({ name }) => name)]);
  const used = [
    ...[...instance.virtualAddresses, ...instance.excludedAddresses].filter(isTrackedAddress).map(({ device }) =>
      device
    ),
    ...instance.routes.filter(isTracked).flatMap(({ options }) => valuesOf(options, "dev")),
    ...instance.rules.filter(isTracked).flatMap(({ options }) => [
      ...valuesOf(options, "iif"),
      ...valuesOf(options, "oif"),
    ]),
  ];
  const { location } = instance;
  const added = [...new Set(used)].filter((name) => !known.has(name));
  return [...named, ...added.map((name) => ({ name, weight: 0, reverse: false, location }))];
}

function isTrackedAddress({ flags = [] }: VirtualAddress): boolean {
  return !flags.includes("no_track");
}

function valuesOf(options: readonly (readonly string[])[], name: string): string[] {
  return options.flatMap(([option, value]) => (option === name && value !== undefined ? [value] : []));
}
