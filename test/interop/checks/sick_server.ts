// A program for tests, `sick_server.ts`: the servers of all cases, at ports of their own. SIGUSR1 makes them ill,
// SIGUSR2 well; it says so on its output.
import { EXPIRED_CERTIFICATE, EXPIRED_KEY } from "../../support/expired_certificate.ts";
import { CASES, portOf } from "./cases.ts";
import type { Peer, Reply, Treatment } from "./check_case.ts";
import { TLS_SERVERS } from "./tls_cases.ts";

type Conduct = Treatment | Reply | "refuse";

/** One port. Nobody listens while it refuses. */
class Service {
  readonly #port: number;
  readonly #conducts: { readonly well: Conduct; readonly ill: Conduct };
  #conduct: Conduct = "refuse";
  #socket: { close(): void } | undefined;

  constructor(port: number, conducts: { readonly well: Conduct; readonly ill: Conduct }) {
    this.#port = port;
    this.#conducts = conducts;
  }

  become(health: "well" | "ill"): void {
    this.#conduct = this.#conducts[health];
    if (this.#conduct === "refuse") {
      this.#socket?.close();
      this.#socket = undefined;
    } else if (this.#socket === undefined) {
      this.#socket = "treat" in this.#conduct ? this.#listen() : this.#receive();
    }
  }

  #listen(): Deno.TcpListener {
    const listener = Deno.listen({ hostname: "::", port: this.#port });
    serve(listener, () => this.#conduct);
    return listener;
  }

  #receive(): Deno.DatagramConn {
    const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: this.#port });
    (async (): Promise<void> => {
      for await (const [datagram, from] of socket) {
        const conduct = this.#conduct;
        if (typeof conduct === "object" && "reply" in conduct) {
          conduct.reply(datagram, (answer) => void socket.send(answer, from).catch(() => {}));
        }
      }
    })().catch(() => {});
    return socket;
  }
}

async function serve(listener: Deno.Listener<Deno.Conn>, conduct: () => Conduct): Promise<void> {
  for (;;) {
    let connection: Deno.Conn;
    try {
      connection = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
      continue; // a client that was gone before it was accepted
    }
    const now = conduct();
    if (typeof now === "object" && "treat" in now) treat(connection, now);
  }
}

async function treat(connection: Deno.Conn, treatment: Treatment): Promise<void> {
  try {
    await treatment.treat(peerOf(connection));
    if ("handshake" in connection) await connection.closeWrite(); // says goodbye
  } catch {
    // the client has gone
  } finally {
    close(connection);
  }
}

function peerOf(connection: Deno.Conn): Peer {
  let rest = "";
  const buffer = new Uint8Array(4096);
  return {
    line: async () => {
      for (;;) {
        const [line = "", ...more] = rest.split(/\r?\n/);
        if (more.length > 0) {
          rest = rest.slice(rest.indexOf("\n") + 1);
          return line;
        }
        const count = await connection.read(buffer);
        if (count === null) return rest;
        rest += String.fromCharCode(...buffer.subarray(0, count));
      }
    },
    hear: async () => void await connection.read(buffer),
    say: async (data) => {
      const bytes = typeof data === "string" ? Uint8Array.from(data, (character) => character.charCodeAt(0)) : data;
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    },
    hang: async () => {
      while (await connection.read(buffer) !== null);
    },
    // Deno cannot close a connection in this way.
    reset: async () => {
      await pause(100); // until what was said has arrived
      const { port } = connection.localAddr as Deno.NetAddr;
      await new Deno.Command("ss", {
        args: ["-K", "state", "established", "sport", "=", `:${port}`],
        stdout: "null",
        stderr: "null",
      }).output();
    },
    pause,
    hand: async (port) => {
      const inner = await Deno.connect({ hostname: "127.0.0.1", port });
      try {
        const back = inner.readable.pipeTo(connection.writable);
        connection.readable.pipeTo(inner.writable).catch(() => {});
        await back;
      } finally {
        close(inner);
      }
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function close(connection: { close(): void }): void {
  try {
    connection.close();
  } catch {
    // closed already
  }
}

for (const [port, treatment] of Object.entries(TLS_SERVERS)) {
  const options = { hostname: "127.0.0.1", port: Number(port), cert: EXPIRED_CERTIFICATE, key: EXPIRED_KEY };
  serve(Deno.listenTls(options), () => treatment);
}
const services = CASES.flatMap(({ name, server }) => {
  const port = portOf(name);
  if (server.kind === "tcp" || server.kind === "udp") return [new Service(port, server)];
  if ((server.kind !== "filtered" && server.kind !== "gone") || server.well === "ping") return [];
  return [new Service(port, { well: server.well, ill: server.well })];
});
const become = (health: "well" | "ill"): void => {
  for (const service of services) service.become(health);
  console.log(health);
};
Deno.addSignalListener("SIGUSR1", () => become("ill"));
Deno.addSignalListener("SIGUSR2", () => become("well"));
become("well");
