// A third host on the switch of two others: HTTP servers at addresses of their own, and a client that counts what it loses.
import { BackgroundProcess, run, tryRun, until } from "./command.ts";

/** What a client saw. */
export interface Traffic {
  readonly ok: number;
  readonly lost: number;
  /** Longest time between two answers, in milliseconds. */
  readonly gapMs: number;
  /** Answers by server. */
  readonly by: Readonly<Record<string, number>>;
  /** What went wrong, a few. */
  readonly errors: readonly string[];
}

const SERVER = `
import http.server, socketserver, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = (self.server.name + "\\n").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 256
for entry in sys.argv[1:]:
    name, address = entry.split("=")
    server = Server((address, 80), Handler)
    server.name = name
    threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
time.sleep(3600)
`;

const CLIENT = `
import http.client, json, signal, sys, time
going = True
def stop(*_):
    global going
    going = False
signal.signal(signal.SIGTERM, stop)
ok, lost, gap, by, errors, last = 0, 0, 0.0, {}, [], time.monotonic()
print("ready", flush=True)
while going:
    try:
        connection = http.client.HTTPConnection(sys.argv[1], 80, timeout=10)
        connection.request("GET", "/")
        reply = connection.getresponse()
        text = reply.read().decode().strip()
        connection.close()
        if reply.status != 200:
            raise ValueError("status %d" % reply.status)
        ok += 1
        by[text] = by.get(text, 0) + 1
        now = time.monotonic()
        gap = max(gap, now - last)
        last = now
    except Exception as error:
        lost += 1
        if len(errors) < 5:
            errors.append(repr(error))
        time.sleep(0.01)
    time.sleep(0.002)
print(json.dumps({"ok": ok, "lost": lost, "gapMs": round(gap * 1000), "by": by, "errors": errors}), flush=True)
`;

/** The host; `close` removes it. */
export class HttpHost {
  readonly #namespace: string;
  readonly #switch: string;
  #servers: BackgroundProcess | undefined;

  /** @param name of the two hosts */
  constructor(name: string) {
    this.#namespace = `${name}-c`;
    this.#switch = `${name}-sw`;
  }

  /** Plugs it in, with a server at each address, by name. */
  async open(servers: Readonly<Record<string, string>>, address: string): Promise<void> {
    const namespace = this.#namespace;
    await tryRun("ip", "netns", "del", namespace);
    await run("ip", "netns", "add", namespace);
    const cable = ["type", "veth", "peer", "name", "c", "netns", this.#switch];
    await run("ip", "link", "add", "eth0", "netns", namespace, ...cable);
    await run("ip", "-n", this.#switch, "link", "set", "dev", "c", "master", "bridge", "up");
    await run("ip", "-n", namespace, "link", "set", "lo", "up");
    for (const each of [address, ...Object.values(servers)]) {
      await run("ip", "-n", namespace, "addr", "add", `${each}/24`, "dev", "eth0");
    }
    await run("ip", "-n", namespace, "link", "set", "eth0", "up");
    const entries = Object.entries(servers).map(([name, at]) => `${name}=${at}`);
    const process = new BackgroundProcess(this.#inside("python3", "-c", SERVER, ...entries));
    this.#servers = process;
    await until("servers are up", () => process.output.includes("ready"), 10_000, () => process.output);
  }

  /** One request from there; empty when there is no answer. */
  async get(address: string): Promise<string> {
    const { output, success } = await tryRun(...this.#inside("curl", "-s", "-m", "2", `http://${address}/`));
    return success ? output.trim() : "";
  }

  /** Requests one after the other, each on a connection of its own, until the answer is asked for. */
  async traffic(address: string): Promise<() => Promise<Traffic>> {
    const client = new BackgroundProcess(this.#inside("python3", "-c", CLIENT, address));
    await until("the client runs", () => client.output.includes("ready"), 10_000, () => client.output);
    return async () => {
      await client.stop();
      return JSON.parse(client.output.trim().split("\n").at(-1) ?? "");
    };
  }

  async close(): Promise<void> {
    await this.#servers?.killTree();
    await tryRun("ip", "netns", "del", this.#namespace);
  }

  #inside(...command: readonly string[]): string[] {
    return ["ip", "netns", "exec", this.#namespace, ...command];
  }
}
