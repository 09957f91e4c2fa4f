// How tests run Holdfast: the compiled program where HOLDFAST names it, else from source.

/** The command that starts Holdfast, without arguments. */
export function holdfastCommand(): string[] {
  const compiled = Deno.env.get("HOLDFAST");
  return compiled ? [compiled] : sourceCommand();
}

/** The command that runs Holdfast from source. */
export function sourceCommand(): string[] {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  return [Deno.execPath(), "run", "--quiet", "--allow-all", "--no-check", "--frozen", main];
}
