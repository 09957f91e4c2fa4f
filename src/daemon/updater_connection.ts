// A connection to the updater of this appliance: an order, the bytes of an update, and its reports.
import { acceptReport, MAX_WORDS_BYTES, UPDATER_SOCKET, type UpdaterReport } from "../appliance/updater_words.ts";
import { ByteStream } from "../appliance/byte_stream.ts";

/** Use: `write()` the order first; `reports()` ends with the connection. */
export interface UpdaterConnection {
  /** Resolves when there is room for more. Rejects when the updater has gone. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Nothing more comes. */
  readonly closeWrite: () => Promise<void>;
  readonly reports: () => AsyncIterable<UpdaterReport>;
  readonly close: () => void;
}

/** Connects to where systemd starts the updater. @throws Deno's errors */
export async function openUpdater(): Promise<UpdaterConnection> {
  const connection = await Deno.connect({ transport: "unix", path: UPDATER_SOCKET });
  let isClosed = false;
  return {
    write: async (bytes) => {
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    },
    closeWrite: () => connection.closeWrite(),
    reports: () => reportsOf(new ByteStream(connection)),
    close: () => {
      if (!isClosed) connection.close();
      isClosed = true;
    },
  };
}

/** What is no report is passed over; a line that is too long ends it. */
async function* reportsOf(stream: ByteStream): AsyncIterable<UpdaterReport> {
  for (;;) {
    const line = await stream.line(MAX_WORDS_BYTES);
    if (line === undefined) return;
    const report = acceptReport(line);
    if (report !== undefined) yield report;
  }
}
