import { assert, assertEquals, assertMatch } from "../../../test/assert.ts";
import { openLog } from "./log.ts";
import { journaldDatagram, jsonText, logLine, plainText, prefixed, syslogDatagrams } from "./log_line.ts";

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const decoder = new TextDecoder();
const about = { pid: 7, facility: 3 };

Deno.test("the level of a line is its word's, or that of what it tells", () => {
  const levels = (...lines: string[]): string[] => lines.map((line) => logLine(line, AT_MS).level);
  assertEquals(
    levels(
      "warning: no commands can be given",
      "the vrrp role (12) ended with status 1, starting it again at once",
      "(VI_1) Entering FAULT STATE",
      "(VI_1) Entering MASTER STATE (no advertisement within the master down interval)",
      "Removing service [10.0.0.1]:tcp:80 from VS [10.0.0.100]:tcp:80",
      "api: listening on http://127.0.0.1:8404/stats",
    ),
    ["warning", "error", "warning", "notice", "warning", "info"],
  );
  const line = logLine("warning: the disk\nis full", AT_MS);
  assertEquals([line.message, plainText(line)], ["the disk\nis full", "warning: the disk\nis full"]);
  assertEquals(prefixed(line, plainText(line)), "<4>warning: the disk\n<4>is full");
  assertEquals(plainText(logLine("\nerror: x", AT_MS)), "error: x");
});

Deno.test("JSON is one line, whatever the text", () => {
  const text = jsonText(logLine('warning: "a"\n\u0000b', AT_MS), 7);
  assert(!text.includes("\n"));
  assertEquals(JSON.parse(text), {
    time: "2026-01-02T03:04:05.678Z",
    level: "warning",
    message: '"a"\n\u0000b',
    pid: 7,
  });
});

Deno.test("syslog gets a datagram for each line, journald one with the length of the text", () => {
  const line = logLine("warning: the disk\nis full", AT_MS);
  const syslog = syslogDatagrams(line, plainText(line), about).map((bytes) => decoder.decode(bytes));
  assertEquals(syslog.length, 2);
  assertMatch(syslog[0] ?? "", /^<28>Jan {2}\d \d\d:04:05 holdfast\[7\]: warning: the disk$/);
  assertMatch(syslog[1] ?? "", /: is full$/);
  const [local = new Uint8Array()] = syslogDatagrams(line, "x", { ...about, facility: 16 + 7 });
  assertMatch(decoder.decode(local), /^<188>/);
  const journald = journaldDatagram(line, plainText(line), about);
  const text = "warning: the disk\nis full";
  const tail = new Uint8Array([text.length, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(text), 10]);
  assertEquals(journald.slice(-tail.length), tail);
  assertEquals(
    decoder.decode(journald.slice(0, -tail.length)),
    "PRIORITY=4\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=holdfast\nSYSLOG_PID=7\nMESSAGE\n",
  );
});

Deno.test("what syslogd does not take is not lost, and nobody waits for it", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/log`;
  const said: string[] = [];
  const before = console.error;
  console.error = (line: string) => void said.push(line);
  const listener = new Deno.Command("python3", {
    args: ["-c", LISTENER, path],
    stdout: "piped",
  }).spawn();
  try {
    const log = openLog({ format: "text", target: "syslog", level: "warning", facility: "local1", syslogPath: path });
    const lines = listener.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let heard = "";
    const hear = async (wanted: RegExp): Promise<void> => {
      while (!wanted.test(heard)) heard += (await lines.read()).value ?? "";
    };
    await hear(/^listening\n/);
    log("warning: one");
    log("not worth it");
    await hear(/^<140>.* holdfast\[\d+\]: warning: one\n$/m);
    assertEquals(said, []);
    listener.kill("SIGKILL");
    await listener.status;
    await lines.cancel();
    log("warning: two");
    log("warning: three");
    assertEquals(said.length, 3);
    assertMatch(said[0] ?? "", /^warning: nobody takes the log at .*: it goes here$/);
    assertMatch(said[2] ?? "", /Z warning: three$/);
  } finally {
    console.error = before;
    await Deno.remove(folder, { recursive: true });
  }
});

const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(s.recv(65536).decode(), flush=True)
`;
