// Tests that need a privilege or a program say so instead of passing without having tested anything.

/** What a test may need of the machine. */
export type Requirement = "root" | `program:${string}` | `file:${string}`;

/**
 * Declares a test that needs something of the machine. Where that is missing the test prints SKIPPED and why and counts as
 * ignored; with CI set it fails instead.
 */
export function testWith(requirements: readonly Requirement[], name: string, body: () => Promise<void>): void {
  const missing = requirements.map(lack).filter((reason) => reason !== undefined);
  if (missing.length === 0) return Deno.test(name, body);
  const reason = missing.join(", ");
  if (Deno.env.get("CI")) {
    return Deno.test(name, () => {
      throw new Error(`CI must not skip this: ${reason}`);
    });
  }
  console.log(`SKIPPED: ${name}: ${reason}`);
  Deno.test({ name: `${name} (SKIPPED: ${reason})`, ignore: missing.length > 0, fn: body });
}

function lack(requirement: Requirement): string | undefined {
  if (requirement === "root") return Deno.uid() === 0 ? undefined : "needs root";
  if (requirement.startsWith("file:")) {
    const file = requirement.slice("file:".length);
    return exists(file) ? undefined : `needs ${file}`;
  }
  const program = requirement.slice("program:".length);
  const found = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].some((folder) => exists(`${folder}/${program}`));
  return found ? undefined : `needs ${program}`;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
