// The program's entry: the commands for people, and the roles that `holdfast run` starts as its children.
// Each is loaded only when it is asked for, so that the vrrp role carries nothing it does not need.

const [command, option, descriptor] = Deno.args;

const role = (["vrrp", "health", "bfd", "api", "mail"] as const).find((name) => name === command);
if (role !== undefined && option === "--link") {
  const { runRole } = await import("./src/daemon/run_role.ts");
  await runRole(role, Number(descriptor));
} else {
  const { runCommandLine } = await import("./src/cli/command_line.ts");
  Deno.exitCode = await runCommandLine(Deno.args);
}
