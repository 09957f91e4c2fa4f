// The commands that bring a running daemon another configuration on trial, and back.
import { type Command, InvalidArgumentError, Option } from "commander";
import { resolve } from "node:path";
import { durationOption } from "./operation_commands.ts";

/** Adds them to the program. @param done takes the exit status */
export function addConfigCommands(program: Command, done: (status: number) => void): void {
  const give = async (request: { readonly command: string; readonly [field: string]: unknown }): Promise<void> => {
    const { order } = await import("./ask.ts");
    done(await order(request));
  };

  program.command("apply")
    .description("bring a configuration into use and into the daemon's file; exit status 1 if it is refused")
    .argument("<file>", "the configuration, in the syntax of the daemon's file")
    .addOption(durationOption("--confirm <duration>", "take it back unless `holdfast confirm` comes within so long"))
    .option("--no-save", "leave the file as it is: the next reload takes it back")
    .option("--reason <text>", "why, for those who look at the history")
    .action((file, { confirm: forMs, save, reason }) =>
      give({ command: "apply", path: resolve(file), forMs, save, reason })
    );

  program.command("migrate")
    .description(
      "bring a holdfast.yaml to the format of this version, or back to an earlier one; the earlier file is kept",
    )
    .argument("[file]", "the file")
    .addOption(new Option("--to <format>", "another one than the newest").argParser(parseGeneration))
    .option("--dry-run", "print what would be other, and write nothing", false)
    .option("--pending", "print nothing: exit status 0 if there is anything to do", false)
    .option("--newest", "print the newest format that this version reads", false)
    .action(async (file, options) => {
      const { migrateConfig } = await import("./migrate.ts");
      done(migrateConfig(file, options));
    });

  program.command("confirm")
    .description("keep the configuration that is on trial, and write it into the daemon's file")
    .action(() => give({ command: "confirm" }));

  program.command("revert")
    .description("go back from the configuration on trial, or to an earlier one of the last five")
    .argument("[generation]", "its number; default: the one before", parseGeneration)
    .action((generation) => give({ command: "roll-back", generation }));
}

function parseGeneration(text: string): number {
  const generation = Number(text);
  if (!Number.isSafeInteger(generation) || generation < 1) throw new InvalidArgumentError("It is a number from 1.");
  return generation;
}
