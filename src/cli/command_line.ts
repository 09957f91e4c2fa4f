// The command line: which commands there are and what they take. What they do is in a file of its own each.
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { VERSION } from "../base/version.ts";
import { FACILITIES, LEVELS } from "../daemon/log/log_line.ts";
import { SIGNAL_NUMBERS } from "../daemon/signals.ts";
import { addApplianceCommands } from "./appliance_commands.ts";
import { addConfigCommands } from "./config_commands.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE } from "./exit_status.ts";
import { addHelperCommands } from "./helper_commands.ts";
import { addOperationCommands } from "./operation_commands.ts";
import { addServerCommands } from "./server_commands.ts";
import { addTokenCommand } from "./token_command.ts";
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
    .addOption(
      new Option("--signum <name>", "print the number of a signal to the running daemon").choices(
        Object.keys(SIGNAL_NUMBERS),
      ),
    )
    .on("option:signum", (name: keyof typeof SIGNAL_NUMBERS) => {
      console.log(SIGNAL_NUMBERS[name]);
      throw new CommanderError(EXIT_OK, "holdfast.signum", "");
    })
    .helpCommand("help [command]", "print help for a command")
    // Options of the program stand before the command: `genhash -v` is not `-v`.
    .enablePositionalOptions()
    .exitOverride();

  program.command("run")
    .description("run in the foreground until SIGTERM; SIGHUP reads the configuration again")
    .addOption(configOption())
    .addOption(configIdOption())
    .option(
      "--api <address:port>",
      "where status, metrics and the stats page are served, or `off`",
      parseApi,
      parseApi(DEFAULT_API),
    )
    .option("-p, --pid <file>", "write the process id to a file")
    .option("--journal <file>", "where changes of state are kept, or `off` (default: /var/lib/holdfast/journal)")
    .option("--tokens <file>", "where tokens are kept that are made at run time (default: /var/lib/holdfast/tokens)")
    .addOption(new Option("--log-format <format>", "how the log is written").choices(["text", "json"]).default("text"))
    .addOption(
      new Option("--log-to <target>", "where the log goes").choices(["stderr", "syslog", "journald"]).default("stderr"),
    )
    .addOption(
      new Option("--log-level <level>", "leave out what matters less").choices(Object.keys(LEVELS)).default("info"),
    )
    .addOption(
      new Option("--log-facility <facility>", "for syslog and journald").choices(Object.keys(FACILITIES))
        .default("daemon"),
    )
    .option("-I, --keep-ipvs", "at the end, leave the virtual servers in the kernel", false)
    .action(async (options) => {
      // Before the most of the program is loaded, and the configuration read: that takes as long as a role to start.
      const { endEarly, spawnHealthEarly } = await import("../daemon/role_spawn.ts");
      spawnHealthEarly(options.useFile);
      try {
        const { run } = await import("./run.ts");
        status = await run(options);
      } finally {
        endEarly();
      }
    });

  program.command("reload")
    .description(
      "make the Holdfast of this network namespace read its configuration again; exit status 1 if it refuses",
    )
    .action(async () => {
      const { reload } = await import("./reload.ts");
      status = await reload();
    });
  addConfigCommands(program, (result) => status = result);
  addOperationCommands(program, (result) => status = result);
  addServerCommands(program, (result) => status = result);
  addTokenCommand(program, (result) => status = result);
  program.command("check")
    .description("check a configuration and say everything that is wrong with it; exit status 1 if it cannot be run")
    .addOption(configOption())
    .addOption(configIdOption())
    .option("--strict", "count warnings as errors, as in holdfast.yaml", false)
    .addOption(new Option("--format <format>", "how to say it").choices(["text", "json", "sarif"]).default("text"))
    .option("--no-interfaces", "do not ask whether this machine has the interfaces that the file names")
    .action(async (options) => {
      const { checkConfig } = await import("./check.ts");
      status = await checkConfig(options);
    });

  program.command("plan")
    .description("say what a reload from one configuration to another would do, object by object")
    .argument("<old>", "configuration that runs")
    .argument("<new>", "configuration that would")
    .addOption(new Option("--format <format>", "how to say it").choices(["text", "json"]).default("text"))
    .action(async (before, after, options) => {
      const { plan } = await import("./plan.ts");
      status = plan(before, after, options);
    });

  program.command("simulate")
    .description(
      "rehearse failures of the routers that configurations describe, in virtual time: who is master when, why",
    )
    .addOption(
      new Option("-f, --use-file <file...>", "configuration of node a, then of b ...; with one, b is made up")
        .default([DEFAULT_CONFIG], DEFAULT_CONFIG),
    )
    .option("-i, --config-id <id...>", "what `@ID` lines are compared with, for each file in order", [])
    .requiredOption("--scenario <file|text>", "the steps, such as '3s a dies; 9s a returns' (docs/simulation.md)")
    .addOption(new Option("--format <format>", "how to say it").choices(["text", "json"]).default("text"))
    .option("--json", "the same as --format json")
    .option("--seed <number>", "decides which packets `loss` loses", parseSeed, 1)
    .action(async ({ json, ...options }) => {
      const { simulate } = await import("./simulate.ts");
      status = simulate({ ...options, format: json ? "json" : options.format });
    });

  program.command("convert")
    .description("write a configuration in the other syntax to standard output, comments and all")
    .argument("<file>", "configuration; `.yaml` and `.yml` are YAML, `-` is standard input")
    .addOption(
      new Option("--to <syntax>", "syntax to write").choices(["yaml", "keepalived"]).makeOptionMandatory(),
    )
    .option("--schema <path>", "where editors find the JSON Schema (`holdfast schema`)")
    .addOption(configIdOption())
    .action(async (file, options) => {
      const { convert } = await import("./convert.ts");
      status = convert(file, options);
    });

  program.command("format")
    .description("indent a configuration and print it; nothing that it says changes")
    .argument("<file>", "configuration, or `-` for standard input")
    .option("-w, --write", "write the file instead", false)
    .option("--check", "only say by the exit status whether it is formatted", false)
    .action(async (file, options) => {
      const { format } = await import("./convert.ts");
      status = format(file, options);
    });

  program.command("explain")
    .description("say what a keyword means: form, range, default, example, source")
    .argument("<keyword>", "a word of keepalived.conf, such as advert_int")
    .action(async (keyword) => {
      const { explain } = await import("./explain.ts");
      status = explain(keyword);
    });

  addApplianceCommands(program, (result) => status = result);
  program.command("firewall")
    .description("print a script for `nft -f` that lets the traffic of the virtual servers in")
    .addOption(configOption())
    .addOption(configIdOption())
    .option("--chain <table and chain>", "chain that it fills; it must exist", "inet filter services")
    .action(async (options) => {
      const { firewall } = await import("./firewall.ts");
      status = firewall(options);
    });

  addHelperCommands(program, { config: configOption, configId: configIdOption }, (result) => status = result);

  program.command("schema")
    .description("print the JSON Schema of holdfast.yaml, for editors")
    .action(async () => {
      const { schemaText } = await import("./schema.ts");
      console.log(schemaText().trimEnd());
    });

  program.command("credential")
    .description(
      "print what `users` and `tokens` of holdfast.yaml need for a password (from standard input) or a token",
    )
    .addArgument(new Argument("<kind>", "what to make").choices(["password", "token"]))
    .action(async (kind) => {
      const { credential } = await import("./credential.ts");
      status = await credential(kind);
    });

  program.command("completion")
    .description("print a script that completes commands and keywords; `source <(holdfast completion bash)`")
    .addArgument(new Argument("<shell>", "shell to write it for").choices(["bash", "zsh", "fish"]))
    .action(async (shell) => {
      const { completionScript } = await import("./completion.ts");
      console.log(completionScript(shell, program).trimEnd());
    });

  program.command("man")
    .description("print a manual page; `holdfast man holdfast.8 | man -l -`")
    .addArgument(new Argument("<page>", "page to print").choices(["holdfast.8", "holdfast.conf.5"]))
    .action(async (page) => {
      const { manPage } = await import("./man_page.ts");
      console.log(manPage(page, program).trimEnd());
    });

  try {
    if (args.length === 0) program.help();
    await program.parseAsync([...args], { from: "user" });
    return status;
  } catch (error) {
    // `| head` has read enough: nobody is left to tell.
    if (error instanceof Deno.errors.BrokenPipe) return EXIT_FAILURE;
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  }
}

function configOption(): Option {
  return new Option("-f, --use-file <file>", "configuration file").default(DEFAULT_CONFIG);
}

function configIdOption(): Option {
  return new Option("-i, --config-id <id>", "what `@ID` lines are compared with; default: the short host name");
}

function parseSeed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Use a whole number.");
  return Number(text);
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
    throw new InvalidArgumentError("Only loopback addresses: others are in holdfast.yaml, with TLS and users (`api`).");
  }
  return { hostname, port };
}
