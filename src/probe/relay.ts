// Hands one open connection to code that can only connect by itself: a listener on loopback that copies both ways.
import type { Connection } from "./tcp.ts";

/** A relay, waiting for its one client. */
export interface Relay {
  /** Where to connect, on 127.0.0.1. */
  readonly port: number;
  /** Tells the relay its client's port, once that is connected: anybody on this host could have come instead. */
  readonly admit: (clientPort: number) => void;
  /** Why the peer could not be read to an end; undefined: it could, or is read still. The client sees an end in either case. */
  readonly failure: () => unknown;
  /** Closes everything, the peer too. Must be called, however it went. */
  readonly close: () => void;
}

const COPY_BYTES = 16 * 1024;

/**
 * Relays between one client and `peer`. `observe` sees what the peer sends, before the client does. When either ends, the other gets what is still under way, then the end.
 */
export function relayTo(peer: Connection, observe: (bytes: Uint8Array) => void = () => {}): Relay {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = Promise.withResolvers<number>();
  let connection: Deno.TcpConn | undefined;
  let failure: unknown;
  const close = (): void => {
    client.resolve(-1);
    for (const resource of [peer, listener, connection]) closeQuietly(resource);
  };
  const serve = async (): Promise<void> => {
    connection = await listener.accept();
    closeQuietly(listener);
    if (connection.remoteAddr.port !== await client.promise) return;
    const forth = copy(connection, peer);
    const heard = {
      read: (buffer: Uint8Array): Promise<number | null> =>
        peer.read(buffer).catch((error: unknown) => {
          failure = error;
          throw error;
        }),
    };
    const back = copy(heard, connection, observe).then(() => connection?.closeWrite());
    await Promise.all([forth, back]);
  };
  serve().catch(() => {}).finally(close);
  return { port: listener.addr.port, admit: client.resolve, failure: () => failure, close };
}

async function copy(
  from: Pick<Connection, "read">,
  to: Pick<Connection, "write">,
  observe: (bytes: Uint8Array) => void = () => {},
): Promise<void> {
  const buffer = new Uint8Array(COPY_BYTES);
  for (;;) {
    const count = await from.read(buffer);
    if (count === null) return;
    observe(buffer.subarray(0, count));
    for (let sent = 0; sent < count;) sent += await to.write(buffer.subarray(sent, count));
  }
}

function closeQuietly(resource: { close(): void } | undefined): void {
  try {
    resource?.close();
  } catch {
    // closed already
  }
}
