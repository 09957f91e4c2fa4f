// The commands for the real servers of a running daemon: what they take. What they do is the daemon's.
import { type Command, InvalidArgumentError } from "commander";
import { isHaproxyWeight } from "../core/haproxy/server_order.ts";
import { EXIT_USAGE } from "./exit_status.ts";
import { durationOption, EXIT_NOTE, REASON } from "./operation_commands.ts";

const DESCRIPTIONS = {
  drain: "give a real server no new connections; when those that it has have ended, it leaves the table",
  maint: "take a real server out of the table at once",
  ready: "take back what was said of a real server: its configuration and its checks decide",
};
const VIRTUAL_SERVER = "such as 192.0.2.100:80, `tcp 192.0.2.100:80` or the name of a group; a backend of HAProxy's";
const REAL_SERVER = "such as 198.51.100.11:80; the name of a server of HAProxy's";

/** Adds them to the program. @param done takes the exit status */
export function addServerCommands(program: Command, done: (status: number) => void): void {
  for (const [command, description] of Object.entries(DESCRIPTIONS)) {
    signedCommand(program, command, description)
      .argument("<virtual-server>", `${VIRTUAL_SERVER}; with --all, the real server`)
      .argument("[real-server]", REAL_SERVER)
      .option(
        "--all",
        "the server of that address (or `address:port`) behind all virtual servers, or behind none",
        false,
      )
      .option("--force", "with --all: even where no other server gets connections", false)
      .action(async (virtualServer, realServer, { all, force, ...options }) => {
        if (all !== (realServer === undefined)) {
          console.error(`error: ${all ? "--all takes one real server" : "which real server?"}`);
          return done(EXIT_USAGE);
        }
        if (!all) return await give({ command, virtualServer, realServer, ...options });
        await giveAll({ command: "everywhere", state: command, address: virtualServer, force, ...options });
      });
  }
  signedCommand(program, "disable", "take a whole virtual server out of service: a sorry server stands in")
    .argument("<virtual-server>", VIRTUAL_SERVER)
    .option("--force", "even without a sorry server, so that clients are refused", false)
    .action(async (virtualServer, options) => await give({ command: "disable", virtualServer, ...options }));
  program.command("enable")
    .description(`take back \`disable\`${EXIT_NOTE}`)
    .argument("<virtual-server>", VIRTUAL_SERVER)
    .option(...REASON)
    .action(async (virtualServer, options) => await give({ command: "enable", virtualServer, ...options }));
  program.command("kill-connections")
    .description(`end the connections of a real server; it is out of the table for a second${EXIT_NOTE}`)
    .argument("<virtual-server>", VIRTUAL_SERVER)
    .argument("<real-server>", REAL_SERVER)
    .option(...REASON)
    .action(async (virtualServer, realServer, options) => {
      await give({ command: "kill-connections", virtualServer, realServer, ...options });
    });
  program.command("overrides")
    .description("say all that operators have said of servers and instances, and that holds")
    .option("--clear", "take all of it back; maintenance stays", false)
    .option("--json", "as the API says it", false)
    .option(...REASON)
    .action(async ({ clear, json, reason }) => {
      if (clear) return await giveAll({ command: "clear-overrides", reason });
      const { overrides } = await import("./overrides.ts");
      done(await overrides(json));
    });
  orderCommand(program, "weight", "give a real server another weight than its configuration")
    .argument("<weight>", "0 to 65535, a part such as 50%, or `configured` to take it back", parseWeight)
    .action(async (virtualServer, realServer, weight, options) => {
      await give({ command: "weight", virtualServer, realServer, ...weight, ...options });
    });
  orderCommand(program, "health", "say whether a real server is up, whatever its checks say")
    .argument("<state>", "up, down, or `checked` to take it back", parseHealth)
    .action(async (virtualServer, realServer, health, options) => {
      await give({ command: "health", virtualServer, realServer, ...health, ...options });
    });
  program.command("check-now")
    .description(`run the checks of a real server at once${EXIT_NOTE}`)
    .argument("<virtual-server>", VIRTUAL_SERVER)
    .argument("<real-server>", REAL_SERVER)
    .action(async (virtualServer, realServer) => await give({ command: "check-now", virtualServer, realServer }));

  program.command("vs")
    .description("say how the virtual servers are; with a name, all about that one")
    .argument("[virtual-server]", VIRTUAL_SERVER)
    .option("--json", "as the API says it", false)
    .action(async (virtualServer, options) => {
      const { virtualServers } = await import("./servers.ts");
      done(await virtualServers(virtualServer, options));
    });

  program.command("servers")
    .alias("rs")
    .description("say of each real server how it is, and why it gets the connections that it gets")
    .argument("[virtual-server]", VIRTUAL_SERVER)
    .option("--json", "as the API says it", false)
    .action(async (virtualServer, options) => {
      const { servers } = await import("./servers.ts");
      done(await servers(virtualServer, options));
    });

  const giveAll = async (request: { readonly command: string; readonly [field: string]: unknown }): Promise<void> => {
    const { orderAll } = await import("./ask.ts");
    const { for: forMs, ...fields } = request;
    done(await orderAll({ ...fields, ...(forMs === undefined ? {} : { forMs }) } as typeof request));
  };
  const give = async (request: { readonly command: string; readonly [field: string]: unknown }): Promise<void> => {
    const { order } = await import("./ask.ts");
    const { for: forMs, ...fields } = request;
    done(await order({ ...fields, ...(forMs === undefined ? {} : { forMs }) } as typeof request));
  };
}

function orderCommand(program: Command, name: string, description: string): Command {
  return signedCommand(program, name, description)
    .argument("<virtual-server>", VIRTUAL_SERVER)
    .argument("<real-server>", REAL_SERVER);
}

function signedCommand(program: Command, name: string, description: string): Command {
  return program.command(name)
    .description(`${description}${EXIT_NOTE}`)
    .addOption(durationOption("--for <duration>", "how long it holds; default: until it is taken back"))
    .option(...REASON);
}

function parseHealth(text: string): { readonly health?: string } {
  if (text === "checked") return {};
  if (text !== "up" && text !== "down") throw new InvalidArgumentError("Use up, down, or `checked`.");
  return { health: text };
}

function parseWeight(text: string): { readonly weight?: number | string } {
  if (text === "configured") return {};
  if (isHaproxyWeight(text)) return { weight: text };
  const weight = Number(text);
  if (!/^\d+$/.test(text) || weight > 65_535) throw new InvalidArgumentError("Use 0 to 65535, or `configured`.");
  return { weight };
}
