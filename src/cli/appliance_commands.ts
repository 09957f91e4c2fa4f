// The appliance's commands: what they take. What they do is in a file of its own each.
import type { Command } from "commander";

/** Adds them to the program. @param end takes the exit status of the one that ran */
export function addApplianceCommands(program: Command, end: (status: number) => void): void {
  program.command("update")
    .description(
      "on the appliance: write a signed update to the slot that does not run; refused while this machine is master",
    )
    .argument("<file>", "update, `-` for standard input, or an https address")
    .option("--failover-first", "hand the addresses over to a peer before", false)
    .option("--force", "with --failover-first: even if no peer has been heard yet", false)
    .option("--while-master", "even if this machine is master", false)
    .option("--reboot", "start it afterwards", false)
    .option("--ca <file>", "certificates, in PEM, that are trusted for the address besides the usual ones")
    .action(async (from, options) => {
      const { update } = await import("./update.ts");
      end(await update(from, options));
    });

  program.command("rollback")
    .description("on the appliance: make the other slot, if it was healthy once, the one that is started next")
    .action(async () => {
      const { rollback } = await import("./update.ts");
      end(await rollback());
    });

  program.command("updater", { hidden: true })
    .description(
      "on the appliance: carry one order of the daemon's out, which comes by standard input; systemd starts it",
    )
    .action(async () => {
      const { runUpdater } = await import("./updater.ts");
      end(await runUpdater());
    });

  program.command("factory-reset")
    .description("on the appliance: make the next start like the first; the partition HOLDFAST stays")
    .option("--yes", "it is meant", false)
    .action(async (options) => {
      const { factoryReset } = await import("./factory_reset.ts");
      end(factoryReset(options));
    });

  program.command("console")
    .description("on the appliance: show a summary and a menu on terminals, such as /dev/tty1")
    .argument("<terminals...>", "their devices")
    .action(async (terminals) => {
      const { showConsole } = await import("./console.ts");
      end(await showConsole(terminals));
    });
}
