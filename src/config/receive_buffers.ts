// Room for advertisements that wait to be read: `kernel_rx_buf_size`, `vrrp_rx_bufs_policy`, `vrrp_rx_bufs_multiplier`.
import type { VrrpInstance } from "./config.ts";
import type { GlobalDefs } from "./global_defs.ts";

/** What an instance adds to the receive buffer of its socket. */
export interface ReceiveBuffer {
  readonly bytes: number;
  /** Said as a number: it replaces what we would give. Otherwise it may only make it larger. */
  readonly exact: boolean;
}

/** Longest frame that Ethernet networks use; the instance's own interface may not be there yet. */
const LARGEST_MTU = 9216;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const VRRP_HEADER_BYTES = 8;
/** Of an advertisement of version 2, after the addresses. */
const PASSWORD_BYTES = 8;

/** @returns undefined when nothing is said, or what is said is no policy */
export function receiveBufferOf(instance: VrrpInstance, global: GlobalDefs): ReceiveBuffer | undefined {
  if (instance.receiveBufferBytes !== undefined) return { bytes: instance.receiveBufferBytes, exact: true };
  const { receiveBufferPolicy: policy, receiveBufferMultiplier: multiplier = 3 } = global;
  if (policy === undefined) return undefined;
  if (policy === "MTU") return { bytes: LARGEST_MTU * multiplier, exact: false };
  if (policy === "ADVERT") return { bytes: advertisementBytes(instance) * multiplier, exact: false };
  return /^\d{1,10}$/.test(policy) ? { bytes: Number(policy), exact: true } : undefined;
}

function advertisementBytes({ family, version, virtualAddresses }: VrrpInstance): number {
  const header = family === 6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES;
  const addresses = virtualAddresses.length * (family === 6 ? 16 : 4);
  return header + VRRP_HEADER_BYTES + addresses + (version === 2 ? PASSWORD_BYTES : 0);
}

/** Of instances that share a socket: the sum; exact only where each one said a number. */
export function sumOfBuffers(buffers: readonly (ReceiveBuffer | undefined)[]): ReceiveBuffer | undefined {
  const said = buffers.filter((buffer) => buffer !== undefined);
  if (said.length === 0) return undefined;
  const bytes = said.reduce((sum, buffer) => sum + buffer.bytes, 0);
  return { bytes, exact: said.length === buffers.length && said.every(({ exact }) => exact) };
}
