// One question to a socket of HAProxy's: a line, and everything that comes back until it closes, within a time and a size.

/** What may come of it. */
export interface AskLimits {
  readonly limitMs: number;
  readonly maxBytes?: number;
}

const MAX_BYTES = 1 << 20;

/** Asks. @throws Error when there is no answer in time, or too much of it */
export async function askSocket(
  path: string,
  command: string,
  { limitMs, maxBytes = MAX_BYTES }: AskLimits,
): Promise<string> {
  let connection: Deno.UnixConn | undefined;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    close(connection);
  }, limitMs);
  try {
    connection = await Deno.connect({ transport: "unix", path });
    if (isLate) throw new Error("too late");
    await connection.write(new TextEncoder().encode(`${command}\n`));
    await connection.closeWrite(); // a master waits for it, a worker closes anyway
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(65_536);
    let text = "";
    let size = 0;
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      size += count;
      if (size > maxBytes) throw new Error("the answer is too long");
      text += decoder.decode(buffer.subarray(0, count), { stream: true });
    }
    if (isLate) throw new Error("too late");
    return text + decoder.decode();
  } finally {
    clearTimeout(timer);
    close(connection);
  }
}

function close(connection: Deno.UnixConn | undefined): void {
  try {
    connection?.close();
  } catch {
    // it is closed
  }
}
