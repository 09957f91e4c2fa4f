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
      end(rollback());
    });
}
