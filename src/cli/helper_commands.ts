// Commands that help around IPVS and need no running daemon: what they take. What they do is in a file of its own each.
import { Argument, type Command, InvalidArgumentError, Option } from "commander";

/**
 * Adds them to the program.
 *
 * @param options those of every command that reads a configuration
 * @param end takes the exit status of the one that ran
 */
export function addHelperCommands(
  program: Command,
  options: { readonly config: () => Option; readonly configId: () => Option },
  end: (status: number) => void,
): void {
  program.command("doctor")
    .description(
      "say what on this machine keeps a configuration from working, why, and how to mend it; exit status 1 if there is more than hints",
    )
    .addOption(options.config())
    .addOption(options.configId())
    .option("--json", "for programs", false)
    .action(async (given) => {
      const { doctor } = await import("./doctor.ts");
      end(doctor(given));
    });

  program.command("genhash")
    .description(
      "print the MD5 of a page, for `digest` of HTTP_GET and SSL_GET; options and output of keepalived's genhash",
    )
    .requiredOption("-s, --server <address>", "address of the server")
    .requiredOption("-p, --port <port>", "its port", wholeNumber(1, 65535))
    .requiredOption("-u, --url <path>", "page to ask for")
    .option("-S, --use-ssl", "speak TLS", false)
    .option("-I, --use-sni", "send the virtual host's name in the TLS handshake", false)
    .option("-V, --use-virtualhost <name>", "name for the Host header; default: address and port")
    .addOption(
      new Option("-P, --protocol <version>", "HTTP version; 1.0c is 1.0 with `Connection: close`")
        .choices(["1.0", "1.0c", "1.0C", "1.1"]).default("1.0"),
    )
    .option("-t, --timeout <seconds>", "limit for the connection and for the answer", wholeNumber(1, 4294), 5)
    .option("-m, --fwmark <mark>", "firewall mark of the packets", wholeNumber(0, 4294967295))
    .option("-v, --verbose", "print headers and body, too", false)
    .action(async (options) => {
      const { genhash } = await import("./genhash.ts");
      end(await genhash(options));
    });

  program.command("realserver")
    .description("make this machine a real server of virtual addresses, undo that, or say whether it is one")
    .addArgument(new Argument("<action>", "what to do").choices(["up", "down", "status"]))
    .argument("[addresses...]", "virtual addresses; for `down` and `status`, default: all that are up")
    .addOption(
      new Option("--forwarding <method>", "how the director forwards: direct routing or tunneling")
        .choices(["dr", "tun"]).default("dr"),
    )
    .option("--dry-run", "only say what would be done", false)
    .action(async (action, addresses, options) => {
      const { realServer } = await import("./realserver.ts");
      end(realServer(action, addresses, options));
    });
}

/** Reads a whole number within limits, both inclusive. */
function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d{1,10}$/.test(text) || number < least || number > most) {
      throw new InvalidArgumentError(`Use a whole number from ${least} to ${most}.`);
    }
    return number;
  };
}
