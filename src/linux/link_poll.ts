// Asks an interface for its link, by the ways that drivers know (linux/sockios.h, linux/mii.h, linux/ethtool.h). For
// drivers that do not tell the kernel by themselves.
import type { LinkMethod } from "../ports/link_settings.ts";
import { AF_INET, SOCK_CLOEXEC, SOCK_DGRAM } from "./constants.ts";
import { libc } from "./libc.ts";
import { check } from "./system_error.ts";

const SIOCGIFFLAGS = 0x8913;
const SIOCETHTOOL = 0x8946;
const SIOCGMIIPHY = 0x8947;
const SIOCGMIIREG = 0x8948;
const IFF_RUNNING = 0x40;
const ETHTOOL_GLINK = 0x0a;
const MII_BMSR = 1;
const BMSR_LINK = 0x0004;

/** struct ifreq: a name, then a union. */
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;
const DATA = 16;
const encoder = new TextEncoder();

/** In this order, unless one is preferred (keepalived.conf(5), linkbeat_interfaces). */
const METHODS: readonly LinkMethod[] = ["MII", "ETHTOOL", "IOCTL"];

/** A socket to ask by. */
export class LinkPoll {
  readonly #fd = check(libc().socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open a socket to ask for links");
  readonly #request = new Uint8Array(IFREQ_BYTES);
  readonly #view = new DataView(this.#request.buffer);
  /** struct ethtool_value: command and value. */
  readonly #value = new Uint32Array(2);

  /**
   * Whether an interface has a link.
   *
   * @param preferred the way to ask first; one that the driver does not know is passed over
   * @returns undefined when it cannot be found out: there is no such interface
   */
  hasLink(name: string, preferred?: LinkMethod): boolean | undefined {
    if (preferred !== undefined) {
      const answer = this.ask(name, preferred);
      if (answer !== undefined) return answer;
    }
    for (const method of METHODS) {
      const answer = method === preferred ? undefined : this.ask(name, method);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** The same by one way. @returns undefined when the driver does not know it */
  ask(name: string, method: LinkMethod): boolean | undefined {
    this.#request.fill(0);
    this.#request.set(encoder.encode(name).subarray(0, NAME_BYTES - 1));
    switch (method) {
      case "MII":
        if (!this.#call(SIOCGMIIPHY)) return undefined;
        this.#view.setUint16(DATA + 2, MII_BMSR, true); // struct mii_ioctl_data: phy, register, in, out
        return this.#call(SIOCGMIIREG) ? (this.#view.getUint16(DATA + 6, true) & BMSR_LINK) !== 0 : undefined;
      case "ETHTOOL":
        this.#value.set([ETHTOOL_GLINK, 0]);
        this.#view.setBigUint64(DATA, BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.#value))), true);
        return this.#call(SIOCETHTOOL) ? this.#value[1] !== 0 : undefined;
      case "IOCTL":
        return this.#call(SIOCGIFFLAGS) ? (this.#view.getUint16(DATA, true) & IFF_RUNNING) !== 0 : undefined;
    }
  }

  close(): void {
    libc().close(this.#fd);
  }

  #call(request: number): boolean {
    return libc().ioctl(this.#fd, request, this.#request) >= 0;
  }
}
