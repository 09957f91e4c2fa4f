// A client that counts: a connection and a request every 100 ms to each of the addresses that it is told, whatever became of
// the ones before. SIGUSR1 writes what happened since the last one; docs/measurements.md explains the columns.
//
// deno run client.ts OUTPUT NAME=HOST:PORT...     appends a line of JSON to OUTPUT: {NAME: {requests, lost, gapSeconds}}

const INTERVAL_MS = 100;
const TIMEOUT_MS = 3_000;

interface Target {
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  requests: number;
  lost: number;
  answered: number[];
}

const [output, ...addresses] = Deno.args as [string, ...string[]];
const targets: Target[] = addresses.map((text) => {
  const [name, hostname, port] = text.split(/[=:]/) as [string, string, string];
  return { name, hostname, port: Number(port), requests: 0, lost: 0, answered: [] };
});

/** One request on a connection of its own. @throws when it is not answered with 200 in time */
async function request({ hostname, port }: Target): Promise<void> {
  let socket: Deno.TcpConn | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      try {
        socket?.close();
      } catch {
        // closed already
      }
      reject(new Error("no answer in time"));
    }, TIMEOUT_MS);
  });
  const asked = (async () => {
    socket = await Deno.connect({ hostname, port });
    await socket.write(new TextEncoder().encode(`GET / HTTP/1.0\r\nHost: ${hostname}\r\n\r\n`));
    const answer = await new Response(socket.readable).text();
    if (!/^HTTP\/1.. 200 /.test(answer)) throw new Error(`not 200: ${answer.slice(0, 40)}`);
  })();
  asked.catch(() => {}); // after the timeout nobody waits for it
  try {
    await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

function ask(target: Target): void {
  const asked = performance.now();
  target.requests++;
  request(target).then(() => target.answered.push(asked), () => target.lost++);
}

/** The longest time between two requests that were answered, by when they were asked. */
function longestGapSeconds({ answered }: Target): number {
  const times = answered.toSorted((a, b) => a - b);
  let longest = 0;
  for (let index = 1; index < times.length; index++) {
    longest = Math.max(longest, (times[index] as number) - (times[index - 1] as number));
  }
  return longest / 1000;
}

Deno.addSignalListener("SIGUSR1", () => {
  const told = targets.map((target) => {
    const { name, requests, lost } = target;
    const gapSeconds = Number(longestGapSeconds(target).toFixed(1));
    Object.assign(target, { requests: 0, lost: 0, answered: target.answered.slice(-1) });
    return [name, { requests, lost, gapSeconds }];
  });
  Deno.writeTextFileSync(output, JSON.stringify(Object.fromEntries(told)) + "\n", { append: true });
});
setInterval(() => targets.forEach(ask), INTERVAL_MS);
