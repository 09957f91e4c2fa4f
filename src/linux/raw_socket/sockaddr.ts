// struct sockaddr_in and sockaddr_in6 (linux/in.h, linux/in6.h), port 0, from and to address text.
import { formatIp, parseIpv4, parseIpv6 } from "../../base/ip.ts";
import { AF_INET, AF_INET6 } from "../constants.ts";
import { cString, libc } from "../libc.ts";

const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;
const SIN_ADDR = 4;
const SIN6_ADDR = 8;
const SIN6_SCOPE_ID = 24;

/** Room for an address of the family. */
export function emptySockaddr(family: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(family === AF_INET6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES);
}

/**
 * The socket address of a text; IPv6 with a zone too (`fe80::1%eth0`).
 *
 * @param family AF_INET or AF_INET6
 * @returns undefined when the text is no address of the family
 */
export function toSockaddr(family: number, text: string): Uint8Array<ArrayBuffer> | undefined {
  const sockaddr = emptySockaddr(family);
  new Uint16Array(sockaddr.buffer, 0, 1)[0] = family; // host order
  if (family === AF_INET) {
    const address = parseIpv4(text);
    if (address === undefined) return undefined;
    sockaddr.set(address, SIN_ADDR);
    return sockaddr;
  }
  const [addressText = "", zone] = text.split(/%(.*)/s);
  const address = parseIpv6(addressText);
  if (address === undefined || zone === "") return undefined;
  sockaddr.set(address, SIN6_ADDR);
  if (zone !== undefined) {
    new Uint32Array(sockaddr.buffer, SIN6_SCOPE_ID, 1)[0] = libc().if_nametoindex(cString(zone));
  }
  return sockaddr;
}

/** The address of a socket address of `family` as text, without a zone. */
export function fromSockaddr(family: number, sockaddr: Uint8Array): string {
  return family === AF_INET
    ? formatIp(sockaddr.subarray(SIN_ADDR, SIN_ADDR + 4))
    : formatIp(sockaddr.subarray(SIN6_ADDR, SIN6_ADDR + 16));
}
