// `real_server`: its keywords to a `RealServer`, with what its virtual server hands down.
import { readCheckers, SERVER_TIMING_FIELDS, type Timing } from "./checkers.ts";
import type { RealServer } from "./config.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import { endpoint, forcePort, type Forwarding, lvsMethod, withoutPort } from "./endpoint.ts";
import { field, type Fields, firstField, readFields } from "./fields.ts";
import { hasOwnKeywords, OWN_REAL_SERVER_FIELDS } from "./own_keywords.ts";
import { headOf, type Statement } from "./statement.ts";
import { boolean, integer, requestWord, word } from "./values.ts";
import { script } from "./values_composite.ts";

const threshold = integer({ min: 0, max: 4_294_967_295 });

/** Keywords of `real_server` beside its checkers. */
export const REAL_SERVER_FIELDS = {
  ...SERVER_TIMING_FIELDS,
  weight: field("weight", integer({ min: 0, max: 2_147_483_647 })),
  lvs_method: field("forwarding", lvsMethod),
  inhibit_on_failure: field("inhibitOnFailure", boolean),
  uthreshold: field("upperThreshold", threshold),
  lthreshold: field("lowerThreshold", threshold),
  virtualhost: field("virtualHost", requestWord),
  notify_up: firstField("notifyUp", script),
  notify_down: firstField("notifyDown", script),
  alpha: field("alpha", boolean),
  smtp_alert: field("mails", boolean),
  snmp_name: field("label", word("NAME")),
} satisfies Fields;

/** What a real server takes from its virtual server. */
export interface RealServerDefaults extends Forwarding {
  /** Of the service; undefined for a group, whose members have ports of their own. */
  readonly port: number | undefined;
  /** The service is a firewall mark, whose packets keep their ports. */
  readonly isMark: boolean;
  readonly timing: Timing;
  readonly weight: number;
  readonly inhibitOnFailure: boolean;
  readonly virtualHost: string | undefined;
}

/** Reads one real server; undefined when it has no address, which it has reported then. */
export function readRealServer(
  statement: Statement,
  service: RealServerDefaults,
  report: Report,
): RealServer | undefined {
  const values = readFields(statement, REAL_SERVER_FIELDS, report);
  const { weight, forwarding, inhibitOnFailure, virtualHost, alpha, notifyUp, notifyDown, mails, label } = values;
  const given = endpoint.read(statement, report);
  if (given === undefined) return undefined;
  const method = forwarding ?? service;
  const port = service.isMark
    ? withoutPort(given, "real server", report)
    : service.port === undefined
    ? given.port ?? 0
    : forcePort(given, { port: service.port, forwardingMethod: method.forwardingMethod }, report);
  const checkers = readCheckers(statement, {
    address: given.address,
    port: given.port ?? port,
    virtualHost: virtualHost ?? service.virtualHost,
    timings: [values, service.timing],
  }, report);
  return {
    address: given.address,
    port,
    weight: weight ?? service.weight,
    forwardingMethod: method.forwardingMethod,
    ...(method.tunnel === undefined ? {} : { tunnel: method.tunnel }),
    inhibitOnFailure: inhibitOnFailure ?? service.inhibitOnFailure,
    upperThreshold: values.upperThreshold ?? 0,
    lowerThreshold: values.lowerThreshold ?? 0,
    ...(alpha === undefined ? {} : { alpha }),
    ...(notifyUp === undefined ? {} : { notifyUp }),
    ...(notifyDown === undefined ? {} : { notifyDown }),
    ...(mails === undefined ? {} : { mails }),
    ...(label === undefined ? {} : { label }),
    checkers,
    ...(hasOwnKeywords(statement) ? readFields(statement, OWN_REAL_SERVER_FIELDS, report) : {}),
    location: placeOf(headOf(statement)),
  };
}
