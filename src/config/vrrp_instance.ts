// `vrrp_instance`: its keywords to a `VrrpInstance`, with keepalived's defaults and corrections. Sees no other instance.
import { type Family, familyOf } from "../base/ip.ts";
import { deviceOf, readAddressLine } from "./address_line.ts";
import type { VirtualAddress, VrrpInstance } from "./config.ts";
import { placeOf, type Report } from "./diagnostic.ts";
import { GARP_ROWS, type GlobalDefs, scheduleFrom, VRRP_VERSION } from "./global_defs.ts";
import { keywordIn } from "./keywords.ts";
import { nearMiss } from "./near_miss.ts";
import { lastOf, readBlock, type Values } from "./read_block.ts";
import { childrenNamed, headOf, type Statement } from "./statement.ts";
import { flag, integer, interfaceName, ipv4, type Located, nameOf, oneOf, seconds, word } from "./values.ts";

/** Keywords of `vrrp_instance` that are carried out and hold one value. */
export const INSTANCE_ROWS = {
  interface: interfaceName,
  virtual_router_id: integer({ min: 1, max: 255 }),
  priority: integer({ min: 1, max: 255 }),
  state: oneOf<"master" | "backup">({ MASTER: "master", BACKUP: "backup" }),
  version: VRRP_VERSION,
  advert_int: seconds({ min: 0.01, max: 255 }),
  preempt: flag,
  nopreempt: flag,
  preempt_delay: seconds({ min: 0, max: 1000 }),
  accept: flag,
  mcast_src_ip: ipv4,
  unicast_src_ip: ipv4,
  no_virtual_ipaddress: flag,
  ...GARP_ROWS,
};

/** Keywords of `vrrp_instance` that are carried out and hold a block. */
export const INSTANCE_BLOCKS = ["authentication", "virtual_ipaddress", "virtual_ipaddress_excluded"];

/** Keywords of `authentication`. */
export const AUTHENTICATION_ROWS = { auth_type: oneOf<"pass" | "ah">({ PASS: "pass", AH: "ah" }), auth_pass: word };

/** An instance with the places that checks across instances point at. */
export interface InstanceDraft {
  readonly name: Located<string>;
  readonly vrid?: Located<number> | undefined;
  readonly interface?: Located<string> | undefined;
  readonly family: Family;
  /** Devices that addresses name, where they do. */
  readonly devices: readonly Located<string>[];
  /** Undefined when something that it can't be without is missing or wrong. */
  readonly instance?: VrrpInstance;
}

type InstanceValues = Values<typeof INSTANCE_ROWS>;

/** Reads one instance; undefined when it has no name. */
export function readVrrpInstance(statement: Statement, globals: GlobalDefs, report: Report): InstanceDraft | undefined {
  const name = nameOf(statement, "a name", report);
  if (name === undefined || statement.block === undefined) return undefined;
  const values = readBlock(statement, INSTANCE_ROWS, report);
  const version = values.version?.value ?? globals.vrrpVersion;
  checkRequired(statement, name, report);
  const { family, devices, ...addresses } = readAddresses(statement, values.interface?.value ?? "", report);
  checkNoAddress(statement, { name, version, values }, report);
  const authentication = readAuthentication(statement, version, report);
  const advertisementIntervalUs = readAdvertisementInterval(values, version, report);
  const election = electionOf(values, report);
  const sourceAddress = lastOf(values.mcast_src_ip, values.unicast_src_ip)?.value;
  const { virtual_router_id: vrid, interface: device } = values;
  const draft = { name, vrid, interface: device, family, devices };
  if (vrid === undefined || device === undefined) return draft;
  const instance: VrrpInstance = {
    name: name.value,
    interface: device.value,
    vrid: vrid.value,
    version,
    ...election,
    advertisementIntervalUs,
    ...(authentication === undefined ? {} : { authentication }),
    ...(sourceAddress === undefined ? {} : { sourceAddress }),
    ...addresses,
    gratuitousArp: gratuitousArpOf(values, globals),
    location: placeOf(headOf(statement)),
  };
  return { ...draft, instance };
}

/** The count of addresses in an advertisement is one byte (RFC 9568 section 5.2.5). */
const MAX_ADVERTISED = 255;

type Addresses =
  & Pick<VrrpInstance, "virtualAddresses" | "excludedAddresses">
  & Pick<InstanceDraft, "family" | "devices">;

/** keepalived moves the addresses that an advertisement has no room for to the excluded ones. */
function readAddresses(statement: Statement, device: string, report: Report): Addresses {
  const advertised = linesOf(statement, "virtual_ipaddress");
  const excluded = linesOf(statement, "virtual_ipaddress_excluded");
  const read = (line: Statement): VirtualAddress | undefined => readAddressLine(line, { device }, report);
  const addresses = advertised.map(read).filter((address) => address !== undefined);
  const [surplus] = addresses.slice(MAX_ADVERTISED);
  if (surplus !== undefined) {
    const message = `only ${MAX_ADVERTISED} addresses fit into an advertisement, so it has none from here on`;
    report.add("value-cut", surplus.location, message, { help: "move them to `virtual_ipaddress_excluded`" });
  }
  return {
    family: familyOf(advertised[0]?.keyword.text ?? ""),
    devices: [...advertised, ...excluded].map(deviceOf).filter((place) => place !== undefined),
    virtualAddresses: addresses.slice(0, MAX_ADVERTISED),
    excludedAddresses: [
      ...addresses.slice(MAX_ADVERTISED),
      ...excluded.map(read).filter((address) => address !== undefined),
    ],
  };
}

function linesOf(statement: Statement, list: string): Statement[] {
  return childrenNamed(statement, list).flatMap((child) => child.block?.statements ?? []);
}

function gratuitousArpOf(values: InstanceValues, globals: GlobalDefs): VrrpInstance["gratuitousArp"] {
  return scheduleFrom(globals.gratuitousArp, {
    delay: values.garp_master_delay,
    repeat: values.garp_master_repeat,
    refresh: values.garp_master_refresh,
    refreshRepeat: values.garp_master_refresh_repeat,
    lowerPriorityDelay: values.garp_lower_prio_delay,
    lowerPriorityRepeat: values.garp_lower_prio_repeat,
  });
}

/** What is there but wrong, or misspelt, has had its message. */
function isSaid(statement: Statement, name: string): boolean {
  return childrenNamed(statement, name).length > 0 || isMisspelt(statement, name);
}

function isMisspelt(statement: Statement, name: string): boolean {
  return (statement.block?.statements ?? []).some(({ keyword: { text } }) =>
    keywordIn("vrrp_instance", text) === undefined && nearMiss(text, [name]) !== undefined
  );
}

function checkRequired(statement: Statement, name: Located<string>, report: Report): void {
  if (!isSaid(statement, "virtual_router_id")) {
    report.add("missing-vrid", headOf(statement), `\`${name.value}\` has no \`virtual_router_id\``, {
      help: "add `virtual_router_id` with a number from 1 to 255 that no other router group on this network uses",
    });
  }
  if (!isSaid(statement, "interface")) {
    report.add("missing-interface", headOf(statement), `\`${name.value}\` has no \`interface\``, {
      help: "add `interface` with the device that advertisements are sent on",
    });
  }
}

function checkNoAddress(
  statement: Statement,
  { name, version, values }: { name: Located<string>; version: 2 | 3; values: InstanceValues },
  report: Report,
): void {
  const isMeant = values.no_virtual_ipaddress !== undefined || isMisspelt(statement, "virtual_ipaddress");
  if (isMeant || linesOf(statement, "virtual_ipaddress").length > 0) return;
  const code = version === 3 ? "no-virtual-address-version-3" : "no-virtual-address";
  report.add(code, name.location, `\`${name.value}\` has no virtual address`, {
    help: "add `virtual_ipaddress`, or `no_virtual_ipaddress` if that is meant",
  });
}

type Election = Pick<VrrpInstance, "priority" | "initialState" | "preemptMode" | "preemptDelayUs">;

/** Priority 255 is the address owner: it always preempts, and always starts as master. */
function electionOf(values: InstanceValues, report: Report): Election {
  const state = values.state?.value;
  const priority = values.priority?.value ?? (state === "master" ? 255 : 100);
  const initialState = state ?? (priority === 255 ? "master" : "backup");
  const nopreempt = lastOf<unknown>(values.preempt, values.nopreempt) === values.nopreempt && values.nopreempt;
  if (nopreempt && priority === 255) {
    report.add("value-ignored", nopreempt.location, "`nopreempt` is ignored: priority 255 always preempts");
  }
  const delay = values.preempt_delay;
  if (delay !== undefined && delay.value > 0 && initialState === "master") {
    report.add("value-ignored", delay.location, "`preempt_delay` is ignored with `state MASTER`", {
      help: "write `state BACKUP`",
    });
  }
  return {
    priority,
    initialState,
    preemptMode: !nopreempt || priority === 255,
    preemptDelayUs: initialState === "master" ? 0 : delay?.value ?? 0,
  };
}

const SECOND_US = 1_000_000;
const CENTISECOND_US = 10_000;
/** Max Advertise Interval of version 3 has 12 bits of centiseconds (RFC 9568 section 5.2.7). */
const MAX_VERSION_3_US = 4095 * CENTISECOND_US;

/** Version 2 has whole seconds, version 3 centiseconds up to 40.95 s. */
function readAdvertisementInterval(values: InstanceValues, version: 2 | 3, report: Report): number {
  const given = values.advert_int;
  if (given === undefined) return SECOND_US;
  const step = version === 2 ? SECOND_US : CENTISECOND_US;
  const nearest = Math.max(step, Math.round(given.value / step) * step);
  const interval = version === 2 ? nearest : Math.min(nearest, MAX_VERSION_3_US);
  if (interval === given.value) return interval;
  const rule = version === 2
    ? "VRRP version 2 has whole seconds only"
    : "VRRP version 3 has hundredths of a second, up to 40.95";
  report.add(
    "value-rounded",
    given.location,
    `\`advert_int\` ${given.value / SECOND_US} becomes ${interval / SECOND_US}: ${rule}`,
    { help: version === 2 ? "write `version 3` for shorter intervals, on all routers of the group" : undefined },
  );
  return interval;
}

/** Version 3 has no authentication (RFC 9568 section 9); a password has 8 bytes (RFC 2338 section 5.3.10). */
function readAuthentication(statement: Statement, version: 2 | 3, report: Report): VrrpInstance["authentication"] {
  const [block] = childrenNamed(statement, "authentication").slice(-1);
  if (block === undefined) return undefined;
  const { auth_type: type, auth_pass: password } = readBlock(block, AUTHENTICATION_ROWS, report);
  const ignore = (reason: string): undefined => {
    report.add("value-ignored", block.keyword, `\`authentication\` is ignored: ${reason}`);
  };
  if (version === 3) return ignore("VRRP version 3 has none");
  if (type?.value === "ah") {
    report.add("not-supported-yet", type.location, "`auth_type AH` is not supported yet");
    return undefined;
  }
  if (type === undefined) {
    return childrenNamed(block, "auth_type").length > 0 ? undefined : ignore("it has no `auth_type`");
  }
  if (password === undefined || password.value === "") return ignore("it has no `auth_pass`");
  const sent = cutToBytes(password.value, 8);
  if (sent !== password.value) {
    report.add("value-cut", password.location, "`auth_pass` is cut to its first 8 characters");
  }
  return { type: "pass", password: sent };
}

/** The longest beginning that has at most so many bytes in UTF-8. */
function cutToBytes(text: string, bytes: number): string {
  const characters = [...text.slice(0, bytes)];
  while (new TextEncoder().encode(characters.join("")).length > bytes) characters.pop();
  return characters.join("");
}
