/**
 * Raw IPv4 and IPv6 sockets with the interface of the npm package `raw-socket` 1.8.1, through FFI instead of a compiled
 * add-on. This file is what `import raw from "raw-socket"` and `import { createSocket } from "raw-socket"` get.
 *
 * Unlike the package:
 * - every message is a Buffer of its own; there the next message overwrites it
 * - an address of the other family than the socket's is an error; there the packet goes to 0.0.0.0 or ::
 * - `send` without a callback throws; there the packet is sent and then the process ends with a TypeError
 * - `createChecksum` refuses an offset and length beyond the buffer's end; there it reads other memory
 * - the `error` event of a failed socket carries the reason; there it carries nothing
 */
import { htonl, htons, ntohl, ntohs } from "./byte_order.ts";
import { createChecksum, writeChecksum } from "./checksum.ts";
import { AddressFamily, Protocol, SocketLevel, SocketOption } from "./names.ts";
import { createSocket, Socket } from "./socket.ts";

export type { BufferRange, ChecksumInput } from "./checksum.ts";
export type { AfterCallback, BeforeCallback, Request, SocketEvents, SocketOptions } from "./socket.ts";
export {
  AddressFamily,
  createChecksum,
  createSocket,
  htonl,
  htons,
  ntohl,
  ntohs,
  Protocol,
  Socket,
  SocketLevel,
  SocketOption,
  writeChecksum,
};

/** The same in one object, as `require("raw-socket")` returns it. */
export default {
  AddressFamily,
  createChecksum,
  createSocket,
  htonl,
  htons,
  ntohl,
  ntohs,
  Protocol,
  Socket,
  SocketLevel,
  SocketOption,
  writeChecksum,
};
