// Which keywords have an effect and which do not yet, as a page of the documentation: made from the tables.
import { SECTIONS } from "./keywords.ts";

/** The page, in Markdown. */
export function statusPage(): string {
  const sections = Object.entries(SECTIONS).filter(([, { keywords }]) => keywords.size > 0);
  const all = sections.flatMap(([, { keywords }]) => [...keywords.values()]);
  const done = all.filter(({ effect }) => effect.type === "carried-out").length;
  const rows = sections.map(([name, section]) => {
    const total = section.keywords.size;
    const carriedOut = [...section.keywords.values()].filter(({ effect }) => effect.type === "carried-out").length;
    return `| \`${name === "root" ? section.title : name}\` | ${carriedOut} | ${total - carriedOut} |`;
  });
  return [
    "# Keywords that are not carried out yet",
    "",
    "This page is made from the tables in `src/config/keywords_*.ts` (`UPDATE=1 make check`); don't edit it.",
    "",
    `Holdfast knows every keyword of keepalived 2.4 at every position. It carries out ${done} of ${all.length} positions. The`,
    "others are read and checked, and reported once as `not carried out yet`, with what that means where it is not plain.",
    "**Not started** means: an instance or virtual server that has this keyword is left out, since it would do harm without.",
    "",
    "| block | carried out | not yet |",
    "|---|---|---|",
    ...rows,
    "",
    ...sections.flatMap(([name, section]) => listOf(name === "root" ? section.title : name, section)),
  ].join("\n");
}

function listOf(title: string, { keywords }: (typeof SECTIONS)["root"]): string[] {
  const missing = [...keywords].filter(([, { effect }]) => effect.type === "not-carried-out");
  if (missing.length === 0) return [];
  const plain = missing.filter(([, { effect }]) =>
    effect.type === "not-carried-out" && effect.consequence === undefined
  );
  const told = missing.flatMap(([name, { effect, blocks }]) =>
    effect.type === "not-carried-out" && effect.consequence !== undefined
      ? [
        `- \`${name}\`: ${blocks ? "**not started**, " : "without it, "}${
          blocks ? `or ${effect.consequence}` : effect.consequence
        }`,
      ]
      : []
  );
  const names = plain.map(([name]) => `\`${name}\``).join(", ");
  return [
    `## ${title}`,
    "",
    ...told,
    ...(names === "" ? [] : [...(told.length > 0 ? [""] : []), `Without effect: ${names}.`]),
    "",
  ];
}
