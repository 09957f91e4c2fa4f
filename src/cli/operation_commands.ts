// The commands for a running daemon: what they take. What they do is the daemon's, or in a file of its own.
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../base/duration.ts";
import { EXIT_USAGE } from "./exit_status.ts";

/** Why something is said. */
export const REASON = ["--reason <text>", "why, for those who look at the status"] as const;
/** At the end of a description. */
export const EXIT_NOTE = "; exit status 1 if it is refused";

/** Adds them to the program. @param done takes the exit status */
export function addOperationCommands(program: Command, done: (status: number) => void): void {
  const order = async (request: { readonly command: string; readonly [field: string]: unknown }): Promise<void> => {
    const { order } = await import("./ask.ts");
    done(await order(request));
  };

  program.command("status")
    .description("say how the running Holdfast is: roles, warnings, instances, virtual servers")
    .option("--json", "as the API says it; with --watch one line for each picture", false)
    .addOption(
      durationOption("-w, --watch [interval]", "again and again until it is interrupted; default: every 2 s").preset(
        "2s",
      ),
    )
    .action(async (options) => {
      const { status } = await import("./status.ts");
      done(await status(options));
    });

  program.command("top")
    .description("the same, live on the whole terminal, with real servers and the last events; q quits")
    .addOption(durationOption("-i, --interval <duration>", "how often it is brought up to date").default(1000, "1s"))
    .action(async (options) => {
      const { top } = await import("./top.ts");
      done(await top(options));
    });

  program.command("vrrp")
    .description("say how the instances are; with a name, all about that instance or sync group")
    .argument("[name]", "instance or sync group")
    .option("--json", "as the API says it", false)
    .option("--names", "only the names of instances and sync groups", false)
    .action(async (name, options) => {
      const { vrrp } = await import("./status.ts");
      done(await vrrp(name, options));
    });

  program.command("failover")
    .description(`hand a master's addresses over to its peer, with all of its sync group${EXIT_NOTE}`)
    .argument("<instance>", "instance or sync group")
    .addOption(
      durationOption("--hold <duration>", "how long not to take them back while a peer is there").default(
        60_000,
        "60s",
      ),
    )
    .option("--force", "even if no peer has been heard", false)
    .option(...REASON)
    .action((name, { hold, force, reason }) => order({ command: "failover", name, forMs: hold, force, reason }));

  program.command("hold")
    .description(`do not take over from a master that is heard, whatever the priorities${EXIT_NOTE}`)
    .argument("[instance]", "instance or sync group; with --release: default all")
    .addOption(durationOption("--for <duration>", "how long; default: until it is released"))
    .option("--release", "take it back", false)
    .option(...REASON)
    .action((name, { for: forMs, release, reason }) => {
      if (release) return order({ command: "release", reason, ...(name === undefined ? {} : { name }) });
      if (name !== undefined) return order({ command: "hold", name, forMs, reason });
      console.error("error: which instance is to be held?");
      done(EXIT_USAGE);
    });

  program.command("maintenance")
    .description(
      "hand over all that this node is master of and take over nothing, also after a restart; without an argument: say " +
        `whether that holds${EXIT_NOTE}, and when nobody takes over`,
    )
    .addArgument(new Argument("[state]", "what is to hold").choices(["on", "off"]))
    .addOption(durationOption("--for <duration>", "how long; default: until `off`"))
    .option("--unless-alone", "take over all the same when no master is heard", false)
    .option("--force", "even if no peer has been heard, and even if nobody takes over", false)
    .option("--no-wait", "do not wait for the peers to take over")
    .option("--json", "without an argument: as the API says it", false)
    .option(...REASON)
    .action(async (state, options) => {
      const { maintenance } = await import("./maintenance.ts");
      done(await maintenance(state, options));
    });

  program.command("priority")
    .description(`give an instance another priority than its configuration${EXIT_NOTE}`)
    .argument("<instance>", "instance")
    .argument("[priority]", "1 to 254; what is tracked still counts on top of it", parsePriority)
    .addOption(durationOption("--for <duration>", "how long; default: until it is cleared"))
    .option("--clear", "take it back", false)
    .option(...REASON)
    .action((name, priority, { for: forMs, clear, reason }) => {
      if (clear) return order({ command: "clear-priority", name, reason });
      if (priority !== undefined) return order({ command: "priority", name, priority, forMs, reason });
      console.error("error: which priority?");
      done(EXIT_USAGE);
    });

  program.command("events")
    .description("what happened: changes of state and what led to them, from the journal")
    .argument("[name]", "only about that instance, sync group, interface, script or address")
    .option("-f, --follow", "go on with what happens from now on", false)
    .option("-n, --lines <count>", "how many of the past", parseCount, 100)
    .option("--json", "one JSON object for each", false)
    .addOption(journalOption())
    .action(async (name, options) => {
      const { events } = await import("./journal.ts");
      done(await events(name, options));
    });

  program.command("why")
    .description("tell the story of the last change of state; exit status 1 if nothing is known")
    .argument("[name]", "instance, sync group, virtual address, virtual or real server; default: whatever changed last")
    .option("--at <time>", "the last one until that time, such as 2026-01-31T08:15:00Z", parseTime)
    .option("--json", "as JSON", false)
    .addOption(journalOption())
    .option("--peer <file|url>", "put another node's journal into it: a copy of its file, or the address of its API")
    .option("--peer-token <file>", "file with a token of the peer's API")
    .option("--peer-ca <file>", "file with the certificate that the peer's is signed by")
    .action(async (name, options) => {
      const { why } = await import("./journal.ts");
      done(await why(name, options));
    });

  program.command("announce")
    .description(`send gratuitous ARP and neighbor advertisements of a master again${EXIT_NOTE}`)
    .argument("<instance>", "instance or sync group")
    .option(...REASON)
    .action((name, { reason }) => order({ command: "announce", name, reason }));
}

/** An option that takes a duration, in milliseconds. */
export function durationOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    const ms = parseDuration(text);
    if (ms === undefined || ms === 0) throw new InvalidArgumentError("Use a number of seconds, or 90s, 10m, 2h, 1d.");
    return ms;
  });
}

function journalOption(): Option {
  return new Option("--journal <file>", "where it is kept; default: where the running daemon keeps it");
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) === 0) throw new InvalidArgumentError("Use a number, at least 1.");
  return Number(text);
}

function parseTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError("Use a time such as 2026-01-31T08:15:00Z.");
  return time;
}

function parsePriority(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 254) throw new InvalidArgumentError("Use 1 to 254.");
  return value;
}
