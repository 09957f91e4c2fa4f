// The network settings that the console asks for: checked, and written as a file of systemd-networkd.
import { type Family, familyOf as familyOfAddress, parseIp } from "../../base/ip.ts";

/** What is asked, in this order. */
export const QUESTIONS = [
  { field: "card", text: "Network card" },
  { field: "address", text: "Address with prefix length, such as 192.0.2.1/24, or dhcp" },
  { field: "gateway", text: "Gateway, or nothing" },
  { field: "dns", text: "DNS server, or nothing" },
] as const;

/** A field of the settings. */
export type NetworkField = typeof QUESTIONS[number]["field"];

/** The answers. */
export type NetworkSettings = Readonly<Record<NetworkField, string>>;

/** What is wrong with an answer: one sentence; undefined when it is good. */
export function problemOf(field: NetworkField, answer: string, cards: readonly string[]): string | undefined {
  switch (field) {
    case "card":
      return cards.includes(answer) ? undefined : `there is ${cards.join(", ") || "no card"}`;
    case "address": {
      if (answer === "dhcp") return undefined;
      const [address = "", prefix = ""] = answer.split("/");
      const family = familyOf(address);
      if (family === undefined) return "this is neither an address nor dhcp";
      const most = family === 4 ? 32 : 128;
      const isPrefix = /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= most;
      return isPrefix && answer.split("/").length === 2 ? undefined : `a prefix length from 1 to ${most} belongs to it`;
    }
    case "gateway":
    case "dns":
      return answer === "" || familyOf(answer) !== undefined ? undefined : "this is not an address";
    default:
      return field satisfies never;
  }
}

/** Whether a question is asked at all: DHCP brings gateway and DNS server along. */
export function isAsked(field: NetworkField, { address }: Partial<NetworkSettings>): boolean {
  return address !== "dhcp" || field === "card" || field === "address";
}

/** Name of the file on HOLDFAST, below network/. One for each card, so that a second answer replaces the first. */
export function fileNameOf({ card }: NetworkSettings): string {
  return `10-console-${card}.network`;
}

/** The file. */
export function networkFile({ card, address, gateway, dns }: NetworkSettings): string {
  const lines = address === "dhcp"
    ? ["DHCP=yes"]
    : [`Address=${address}`, ...(gateway ? [`Gateway=${gateway}`] : []), ...(dns ? [`DNS=${dns}`] : [])];
  return [
    "# Written by the console's menu.",
    "[Match]",
    `Name=${card}`,
    "",
    "[Network]",
    ...lines,
    "# Virtual addresses are not systemd's to remove.",
    "KeepConfiguration=static",
    "",
  ].join("\n");
}

function familyOf(text: string): Family | undefined {
  return parseIp(text) === undefined ? undefined : familyOfAddress(text);
}
