// A program for the test of forwarding. `server NAME UDP-ADDRESS...` says its name on TCP ports and in answer to datagrams, until
// SIGUSR1 ends the port of its check and nothing else; `client NAMES TARGET...` asks targets such as `tcp/10.0.0.101/80` until
// those names, and no others, have answered.

/** TCP ports of a server: two that a mark has in common, one for NAT, and the one that checks ask. */
const TCP_PORTS = [80, 81, 8080];
const CHECK_PORT = 8000;
const UDP_PORT = 5300;
/** A client's patience with one request, and with one target. */
const REQUEST_MS = 5000;
const TARGET_MS = 60_000;
/** More at a time only wait for each other, and for the machine. */
const CLIENTS = 4;

const [role, names = "", ...rest] = Deno.args;
if (role === "server") serve(names, rest);
else Deno.exit(await askAll(names, rest) ? 0 : 1);

function serve(name: string, addresses: readonly string[]): void {
  const answer = new TextEncoder().encode(name);
  for (const port of TCP_PORTS) void say(answer, Deno.listen({ hostname: "::", port }));
  const check = Deno.listen({ hostname: "::", port: CHECK_PORT });
  void say(answer, check);
  Deno.addSignalListener("SIGUSR1", () => check.close());
  for (const hostname of addresses) {
    void sayOfDatagrams(answer, Deno.listenDatagram({ transport: "udp", hostname, port: UDP_PORT }));
  }
  console.log("ready");
}

async function say(answer: Uint8Array, listener: Deno.Listener): Promise<void> {
  for await (const connection of listener) {
    connection.write(answer).catch(() => 0).finally(() => connection.close());
  }
}

async function sayOfDatagrams(answer: Uint8Array, socket: Deno.DatagramConn): Promise<void> {
  for await (const [, from] of socket) await socket.send(answer, from).catch(() => 0);
}

async function askAll(names: string, targets: readonly string[]): Promise<boolean> {
  const waiting = [...targets];
  let right = true;
  const client = async (): Promise<void> => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const answers = await askUntil(names, target);
      console.log(`${target}: ${answers}`);
      right &&= answers === names;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return right;
}

/** The names that answered four times in a row, or the last four. */
async function askUntil(names: string, target: string): Promise<string> {
  let answers = "";
  for (const end = Date.now() + TARGET_MS; Date.now() < end && answers !== names;) {
    const four: string[] = [];
    for (let count = 0; count < 4; count++) four.push(await ask(target).catch((error: Error) => error.name));
    answers = [...new Set(four)].sort().join(" ");
  }
  return answers;
}

async function ask(target: string): Promise<string> {
  const [protocol, hostname = "", port] = target.split("/");
  const at = { hostname, port: Number(port) };
  const transport = "udp" as const;
  const local = { transport, hostname: hostname.includes(":") ? "::" : "0.0.0.0", port: 0 };
  const socket = protocol === "tcp" ? Deno.connect(at) : Promise.resolve(Deno.listenDatagram(local));
  const heard = socket.then(async (open) => {
    if ("receive" in open) {
      await open.send(new TextEncoder().encode("who?"), { transport, ...at });
      return (await open.receive())[0];
    }
    const bytes = new Uint8Array(100);
    return bytes.subarray(0, await open.read(bytes) ?? 0);
  });
  const { promise: impatience, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new DOMException("no answer", "TimeoutError")), REQUEST_MS);
  try {
    return new TextDecoder().decode(await Promise.race([heard, impatience]));
  } finally {
    clearTimeout(timer);
    socket.then((open) => open.close()).catch(() => {});
  }
}
