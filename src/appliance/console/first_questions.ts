// What the console asks on its first start, in this order: each question with its default and what is wrong with an answer.
import { type Family, familyOf as familyOfAddress, parseIp } from "../../base/ip.ts";
import { problemOf } from "./network_settings.ts";

/** The fields of the answers. */
export type FirstField =
  | "hostname"
  | "management"
  | "managementAddress"
  | "gateway"
  | "dns"
  | "interface"
  | "address"
  | "routerId"
  | "priority"
  | "vip"
  | "peer"
  | "sshKey"
  | "port"
  | "servers";

/** What was answered so far. */
export type FirstAnswers = Readonly<Partial<Record<FirstField, string>>>;

/** What the questions have to know. */
export interface FirstSurroundings {
  /** Names of network cards. */
  readonly cards: readonly string[];
}

interface FirstQuestion {
  readonly field: FirstField;
  /** How the answer is called where all of them are listed. */
  readonly title: string;
  readonly text: (answers: FirstAnswers) => string;
  /** What Enter alone means; undefined: an answer is needed. */
  readonly standard: (answers: FirstAnswers, around: FirstSurroundings) => string | undefined;
  /** The answer as it is kept, or one sentence why it is none. */
  readonly read: (typed: string, answers: FirstAnswers, around: FirstSurroundings) => FirstReading;
  readonly isAsked?: (answers: FirstAnswers) => boolean;
}

/** An answer that was looked at. */
export type FirstReading = { readonly value: string } | { readonly problem: string };

const HOST_NAME = /^(?=.{1,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i;
const SSH_KEY =
  /^(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-\S+@openssh\.com) [A-Za-z0-9+/]{40,}={0,2}( [^"]*)?$/;
/** What `master` and `backup` stand for. */
const PRIORITIES: Readonly<Record<string, string>> = { master: "150", backup: "100" };
const MAX_SERVERS = 32;

/** All of them. */
export const FIRST_QUESTIONS: readonly FirstQuestion[] = [
  {
    field: "hostname",
    title: "Host name",
    text: () => "Host name",
    standard: () => "holdfast",
    read: (typed) => good(typed, HOST_NAME.test(typed), "letters, digits and dashes, 63 at most"),
  },
  {
    field: "management",
    title: "Management",
    text: () => "Network card for management (ssh), by number or name",
    standard: (_, { cards }) => cards[0],
    read: cardOf,
  },
  {
    field: "managementAddress",
    title: "  its address",
    text: ({ management }) => `Address of ${management} with prefix length, such as 192.0.2.1/24, or dhcp`,
    standard: () => "dhcp",
    read: (typed) => network("address", typed),
  },
  {
    field: "gateway",
    title: "  gateway",
    text: () => "Gateway, or nothing",
    standard: () => "",
    read: (typed) => network("gateway", typed),
    isAsked: hasFixedAddress,
  },
  {
    field: "dns",
    title: "  DNS server",
    text: () => "DNS server, or nothing",
    standard: () => "",
    read: (typed) => network("dns", typed),
    isAsked: hasFixedAddress,
  },
  {
    field: "interface",
    title: "VRRP",
    text: () => "Network card for VRRP and the virtual address, by number or name",
    standard: ({ management }, { cards }) => cards.find((card) => card !== management) ?? management,
    read: cardOf,
  },
  {
    field: "address",
    title: "  its address",
    text: (answers) => `Address of ${answers.interface} with prefix length, or dhcp`,
    standard: () => undefined,
    read: (typed) => network("address", typed),
    isAsked: (answers) => answers.interface !== answers.management,
  },
  {
    field: "routerId",
    title: "  VRID",
    text: () => "Virtual router id (VRID), 1 to 255; the same on both machines, and used by nobody else there",
    standard: () => "51",
    read: (typed) => numberIn(typed, 1, 255),
  },
  {
    field: "priority",
    title: "  priority",
    text: () => "Role of this machine: master or backup, or a priority from 1 to 254",
    standard: () => "master",
    read: (typed) => numberIn(PRIORITIES[typed.toLowerCase()] ?? typed, 1, 254, "master, backup, or "),
  },
  {
    field: "vip",
    title: "  VIP",
    text: () => "Virtual address, with prefix length if it is not that of a host",
    standard: () => undefined,
    read: (typed) => virtualAddress(typed),
  },
  {
    field: "peer",
    title: "  peer",
    text: () => "Address of the peer for unicast, or nothing for multicast",
    standard: () => "",
    read: (typed, { vip = "" }) => {
      if (typed === "") return { value: "" };
      return good(
        typed,
        familyOf(typed) === familyOf(hostOf(vip)),
        "this is not an address of the virtual one's family",
      );
    },
  },
  {
    field: "sshKey",
    title: "ssh key",
    text: () => "Public ssh key of root, as one line, or nothing for no ssh",
    standard: () => "",
    read: (typed) =>
      good(typed, typed === "" || SSH_KEY.test(typed), "a key begins with ssh-ed25519, ssh-rsa or ecdsa-"),
  },
  {
    field: "port",
    title: "Server's port",
    text: () => "TCP port of a virtual server on the virtual address, or nothing for none",
    standard: () => "",
    read: (typed) => typed === "" ? { value: "" } : numberIn(typed, 1, 65_535),
  },
  {
    field: "servers",
    title: "  real servers",
    text: () => "Its real servers, as ADDRESS or ADDRESS:PORT, with blanks between them",
    standard: () => undefined,
    read: realServers,
    isAsked: ({ port }) => port !== "",
  },
];

/** Address and port of `ADDRESS`, `ADDRESS:PORT` or `[ADDRESS]:PORT`; undefined when it is none of them. */
export function endpointOf(text: string, standardPort: string): { address: string; port: string } | undefined {
  const [, bracketed, plain, port = standardPort] = text.match(/^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/) ?? [];
  const address = bracketed ?? plain ?? text;
  const isPort = Number(port) >= 1 && Number(port) <= 65_535;
  return familyOf(address) === undefined || !isPort ? undefined : { address, port };
}

/** Without a prefix length. */
export function hostOf(text: string): string {
  return text.split("/")[0] ?? "";
}

function hasFixedAddress({ managementAddress }: FirstAnswers): boolean {
  return managementAddress !== "dhcp";
}

function cardOf(typed: string, _: FirstAnswers, { cards }: FirstSurroundings): FirstReading {
  const card = /^\d{1,2}$/.test(typed) ? cards[Number(typed) - 1] ?? typed : typed;
  const problem = problemOf("card", card, cards);
  return problem === undefined ? { value: card } : { problem };
}

function network(field: "address" | "gateway" | "dns", typed: string): FirstReading {
  const problem = problemOf(field, typed, []);
  return problem === undefined ? { value: typed } : { problem };
}

function virtualAddress(typed: string): FirstReading {
  const family = familyOf(hostOf(typed));
  if (family === undefined) return { problem: "this is not an address" };
  if (!typed.includes("/")) return { value: `${typed}/${family === 4 ? 32 : 128}` };
  return network("address", typed);
}

function realServers(typed: string, { port = "", vip = "" }: FirstAnswers): FirstReading {
  const servers = typed.split(/[\s,]+/).filter((text) => text !== "");
  if (servers.length === 0) return { problem: "at least one is needed" };
  if (servers.length > MAX_SERVERS) return { problem: `${MAX_SERVERS} at most: the others go into the file later` };
  const wrong = servers.find((text) => {
    const endpoint = endpointOf(text, port);
    return endpoint === undefined || familyOf(endpoint.address) !== familyOf(hostOf(vip));
  });
  if (wrong !== undefined) {
    return { problem: `${wrong} is not an address of the virtual one's family, with a port or not` };
  }
  const twice = servers.find((text, index) => servers.indexOf(text) !== index);
  return twice === undefined ? { value: servers.join(" ") } : { problem: `${twice} is there twice` };
}

function numberIn(typed: string, least: number, most: number, more = ""): FirstReading {
  const isIn = /^\d{1,5}$/.test(typed) && Number(typed) >= least && Number(typed) <= most;
  return good(isIn ? String(Number(typed)) : typed, isIn, `${more}a number from ${least} to ${most}`);
}

function good(value: string, isGood: boolean, problem: string): FirstReading {
  return isGood ? { value } : { problem };
}

function familyOf(text: string): Family | undefined {
  return parseIp(text) === undefined ? undefined : familyOfAddress(text);
}
