// Routes and rules of a kernel of paper, for tests of the engine: what is asked is told, and what is there is remembered.
import type { Route, Rule } from "../../src/config/config_vrrp.ts";
import { compileRoute } from "../../src/core/routing/route_words.ts";
import { compileRule } from "../../src/core/routing/rule_words.ts";
import { anyName } from "../../src/core/routing/names.ts";
import type { RoutingPort } from "../../src/ports/routing.ts";
import type { RouteRequest } from "../../src/wire/route.ts";
import type { RuleRequest } from "../../src/wire/rule.ts";
import { assert } from "../assert.ts";

const location = { file: "test.conf", line: 1, column: 1, length: 1 };

/** A route as `startable` hands it over. @param words destination, then options with one value each or `no_track` */
export function route(words: string): Route {
  const [destination = "", ...rest] = words.split(" ");
  const line = { type: "unicast", destination, options: pairs(rest) };
  const result = compileRoute(line, anyName);
  assert(result.ok);
  return { ...line, request: result.request, location };
}

/** A rule, as above. */
export function rule(words: string): Rule {
  const line = { options: pairs(words.split(" ")) };
  const result = compileRule(line, anyName);
  assert(result.ok);
  return { ...line, request: result.request, location };
}

function pairs(words: readonly string[]): string[][] {
  const list: string[][] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    list.push(word === "no_track" ? [word] : [word, words[++at] ?? ""]);
  }
  return list;
}

/** Tells `add route 192.0.2.0/24 eth0`, `replace route ...`, `remove rule 5`, `promote eth0 on`. */
export class FakeRouting implements RoutingPort {
  readonly #tell: (line: string) => void;
  /** What is there, in the words of the story. */
  readonly present = new Set<string>();
  /** What was there and somebody else removed. */
  readonly #lost = new Set<string>();
  readonly promoted = new Set<string>();
  /** Adding any of these fails. */
  readonly refused = new Set<string>();

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  /** Somebody else removes it. */
  lose(text: string): void {
    assert(this.present.delete(text), `${text} is not there`);
    this.#lost.add(text);
  }

  addRoute(request: RouteRequest): void {
    this.#put("add", routeName(request));
  }

  replaceRoute(request: RouteRequest): void {
    const place = routeName(request).split(" ").slice(0, 2).join(" ");
    for (const other of this.present) if (other.startsWith(`${place} `)) this.present.delete(other);
    this.#put("replace", routeName(request));
  }

  removeRoute(request: RouteRequest): boolean {
    return this.#take(routeName(request));
  }

  isRouteLost(request: RouteRequest): boolean {
    return this.#lost.has(routeName(request));
  }

  addRule(request: RuleRequest): boolean {
    return this.#put("add", ruleName(request));
  }

  removeRule(request: RuleRequest): boolean {
    return this.#take(ruleName(request));
  }

  isRuleLost(request: RuleRequest): boolean {
    return this.#lost.has(ruleName(request));
  }

  promoteSecondaries(device: string, on: boolean): boolean {
    const before = this.promoted.has(device);
    this.#tell(`promote ${device} ${on ? "on" : "off"}`);
    if (on) this.promoted.add(device);
    else this.promoted.delete(device);
    return before;
  }

  #put(verb: string, text: string): boolean {
    if (this.refused.has(text)) throw new Error(`Cannot add ${text}: Network is unreachable`);
    const isNew = !this.present.has(text);
    if (isNew) this.#tell(`${verb} ${text}`);
    this.present.add(text);
    this.#lost.delete(text);
    return isNew;
  }

  #take(text: string): boolean {
    const wasThere = this.present.delete(text);
    if (wasThere) this.#tell(`remove ${text}`);
    this.#lost.delete(text);
    return wasThere;
  }
}

function routeName({ destination, prefixLength, gateway, device }: RouteRequest): string {
  return `route ${destination}/${prefixLength} ${gateway ?? device}`;
}

function ruleName({ preference, table }: RuleRequest): string {
  return `rule ${preference} ${table}`;
}
