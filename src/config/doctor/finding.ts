// What `holdfast doctor` says: findings, each with its reason and the way to mend it.

/** How bad it is: traffic fails, traffic fails some time, or something to know. */
export type FindingSeverity = "error" | "warning" | "hint";

/** Something that is not as it should be. */
export interface Finding {
  /** Stable name of the rule. */
  readonly code: string;
  readonly severity: FindingSeverity;
  /** What it is about: a virtual server, an instance, an interface; empty: the machine. */
  readonly about: readonly string[];
  /** What was found. */
  readonly text: string;
  /** Why it matters. */
  readonly reason: string;
  /** What to do: a command, a line of a file, or a sentence where there is no such thing. */
  readonly fix: string;
}

/** The findings for people. */
export function findingsText(findings: readonly Finding[]): string {
  const blocks = findings.map(({ code, severity, about, text, reason, fix }) => {
    const subjects = about.length === 0 ? [] : [`  about: ${shortened(about)}`];
    return [`${severity}: ${text} [${code}]`, ...subjects, `  why:   ${reason}`, `  fix:   ${fix}`, ""].join("\n");
  });
  return [...blocks, summary(findings)].join("\n");
}

/** Most configurations have many services that are alike. */
function shortened(about: readonly string[]): string {
  const shown = about.slice(0, 5).join(", ");
  return about.length > 5 ? `${shown} and ${about.length - 5} more` : shown;
}

function summary(findings: readonly Finding[]): string {
  if (findings.length === 0) return "nothing was found";
  const counts = (["error", "warning", "hint"] as const).map((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? "" : `${count} ${severity}${count === 1 ? "" : "s"}`;
  });
  return counts.filter((count) => count !== "").join(", ");
}
