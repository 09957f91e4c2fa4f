// The command line: which commands there are and what they take. What they do is in a file of its own each.
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { VERSION } from "../base/version.ts";
import { EXIT_OK, EXIT_USAGE } from "./exit_status.ts";
import type { ApiAddress } from "./run.ts";

/** Where keepalived looks. */
const DEFAULT_CONFIG = "/etc/keepalived/keepalived.conf";
/** HAProxy's customary port for its statistics. */
const DEFAULT_API = "127.0.0.1:8404";

/** Runs the command that the arguments name. @returns the exit status */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let status = EXIT_OK;
  const program = new Command("holdfast")
    .description("Keeps virtual IP addresses alive with VRRP and balances load with IPVS, from a keepalived.conf.")
    .version(VERSION, "-v, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .exitOverride();

  program.command("run")
    .description("run in the foreground until SIGTERM; SIGHUP reads the configuration again")
    .addOption(configOption())
    .option(
      "--api <address:port>",
      "where status, metrics and the stats page are served, or `off`",
      parseApi,
      parseApi(DEFAULT_API),
    )
    .option("-I, --keep-ipvs", "at the end, leave the virtual servers in the kernel", false)
    .action(async (options) => {
      const { run } = await import("./run.ts");
      status = await run(options);
    });

  program.command("reload")
    .description(
      "make the Holdfast of this network namespace read its configuration again; exit status 1 if it refuses",
    )
    .action(async () => {
      const { reload } = await import("./reload.ts");
      status = await reload();
    });
  program.command("check")
    .description("check a configuration and say everything that is wrong with it; exit status 1 if it cannot be run")
    .addOption(configOption())
    .option("--no-interfaces", "do not ask whether this machine has the interfaces that the file names")
    .action(async (options) => {
      const { checkConfig } = await import("./check.ts");
      status = checkConfig(options);
    });

  try {
    if (args.length === 0) program.help();
    await program.parseAsync([...args], { from: "user" });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  }
}

function configOption(): Option {
  return new Option("-f, --use-file <file>", "configuration file").default(DEFAULT_CONFIG);
}

/** Reads `address:port`, IPv6 in brackets, or `off`. @throws InvalidArgumentError */
export function parseApi(text: string): ApiAddress {
  if (text === "off") return "off";
  const match = text.match(/^(?:\[([0-9a-fA-F:]+)\]|([0-9.]+|localhost)):(\d{1,5})$/);
  const hostname = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (hostname === undefined || port > 65535) {
    throw new InvalidArgumentError("Use address:port, such as 127.0.0.1:8404 or [::1]:8404, or `off`.");
  }
  if (!["127.", "::1", "localhost"].some((loopback) => hostname.startsWith(loopback))) {
    throw new InvalidArgumentError("Only loopback addresses for now: nobody is asked for a password yet.");
  }
  return { hostname, port };
}
