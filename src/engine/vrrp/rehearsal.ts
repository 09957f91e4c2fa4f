// Runs through fail-overs on a network of paper before the real one counts: code that runs for the first time takes three
// times as long, and a backup's first take-over is the one that matters.
import type { VrrpInstance } from "../../config/config.ts";
import type { NetworkInterface, NetworkPort } from "../../ports/network.ts";
import { PAPER_DIGESTS } from "../simulation/paper_digests.ts";
import { AnnouncementPacer } from "./announcement_pacer.ts";
import { VrrpEngine } from "./vrrp_engine.ts";

/** Lets an engine of its own become master, hear a packet and stop, so many times. Touches nothing outside. */
export function rehearse(instances: readonly VrrpInstance[], rounds: number): void {
  const [first] = instances;
  if (first === undefined) return;
  const tracking = { interfaces: [], scripts: [], files: [], processes: [], bfd: [] };
  const instance: VrrpInstance = { ...first, tracking }; // nobody would say how tracked things are
  for (let round = 0; round < rounds; round++) {
    let nowUs = 1_000_000;
    const network = new PaperNetwork();
    const clock = { nowUs: () => nowUs, wallMs: () => 0 };
    const engine = new VrrpEngine([instance], {
      clock,
      network,
      pacer: new AnnouncementPacer(clock),
      digests: PAPER_DIGESTS,
      log: () => {},
      changed: () => {},
    });
    engine.start(new Set());
    for (let turn = 0; turn < 4; turn++) {
      nowUs = engine.nextDeadlineUs() ?? nowUs;
      engine.runDue();
    }
    engine.receive(instance.interface, network.lastPacket, network.lastPacket.length);
    engine.stop();
  }
}

/** A network on which everything works and nothing happens. */
class PaperNetwork implements NetworkPort {
  lastPacket: Uint8Array = new Uint8Array();
  readonly #held = new Set<string>();

  interface(name: string): NetworkInterface {
    const addresses = { ipv4Addresses: ["192.0.2.1"], ipv6Addresses: ["fe80::1"] };
    return { name, index: 1, up: true, hardwareAddress: new Uint8Array(6), ...addresses };
  }

  hasAddress(_device: string, address: string): boolean {
    return this.#held.has(address);
  }

  addAddress({ address }: { address: string }): void {
    this.#held.add(address);
  }

  removeAddress({ address }: { address: string }): void {
    this.#held.delete(address);
  }

  sendAdvertisement(_interfaceName: string, packet: Uint8Array): undefined {
    this.lastPacket = packet;
  }

  sendFrame(): undefined {}
}
