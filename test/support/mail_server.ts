// A program for tests, `mail_server.ts FILE`: speaks SMTP on 127.0.0.1, appends what it is given to a file as lines of JSON.
// Port 2525 takes every mail, 2526 refuses every sender, 2527 never says a word.

/** A mail as it came over the wire. */
export interface ReceivedMail {
  readonly helo: string;
  readonly from: string;
  readonly to: readonly string[];
  /** Header and body, lines ended by LF. */
  readonly text: string;
}

/** What its ports do. */
export const PORTS = { take: 2525, refuse: 2526, silent: 2527 } as const;

if (import.meta.main) {
  const [file = ""] = Deno.args;
  for (const [mode, port] of Object.entries(PORTS)) listen(port, mode as keyof typeof PORTS, file);
  console.log("ready");
}

async function listen(port: number, mode: keyof typeof PORTS, file: string): Promise<void> {
  for await (const connection of Deno.listen({ hostname: "127.0.0.1", port })) {
    if (mode !== "silent") serve(connection, mode, file).catch(() => {});
  }
}

async function serve(connection: Deno.Conn, mode: "take" | "refuse", file: string): Promise<void> {
  const mail = { helo: "", from: "", to: [] as string[], text: "" };
  const say = (text: string): Promise<unknown> => connection.write(new TextEncoder().encode(`${text}\r\n`));
  await say("220 test");
  let inData = false;
  for await (const line of linesOf(connection)) {
    if (inData) {
      inData = line !== ".";
      if (inData) mail.text += `${line}\n`;
      else {
        await Deno.writeTextFile(file, `${JSON.stringify(mail)}\n`, { append: true });
        await say("250 taken");
      }
      continue;
    }
    const [verb = "", rest = ""] = line.split(/ (.*)/);
    if (verb === "EHLO" || verb === "HELO") mail.helo = rest;
    if (verb === "MAIL") mail.from = rest;
    if (verb === "RCPT") mail.to.push(rest);
    inData = verb === "DATA";
    if (verb === "MAIL" && mode === "refuse") await say("550 not from you");
    else await say(verb === "DATA" ? "354 go on" : verb === "QUIT" ? "221 bye" : "250 ok");
    if (verb === "QUIT") return connection.close();
  }
}

async function* linesOf(connection: Deno.Conn): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of connection.readable) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\r\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
