// The dialogue of the first start: a machine that finds no configuration asks for one. A line goes in, another state and what is
// to be read come out; it knows no terminal and writes nothing.
import { type FirstFiles, firstFiles } from "./first_files.ts";
import { FIRST_QUESTIONS, type FirstAnswers, type FirstField, type FirstSurroundings } from "./first_questions.ts";

/** Where the dialogue is. */
export interface FirstState {
  readonly phase: "asking" | "review";
  readonly answers: FirstAnswers;
  /** What is wrong with the last line, or with what was to be written. */
  readonly problem?: string;
  /** First line of the files that is shown while they are looked through. */
  readonly top: number;
}

/** A line's consequence. */
export interface FirstStep {
  readonly state: FirstState;
  /** They are to be checked, written and used. */
  readonly write?: FirstFiles;
}

/** Where it begins. */
export const FIRST: FirstState = { phase: "asking", answers: {}, top: 0 };
/** Goes back to the question before. */
const BACK = "<";
/** Lines of what `holdfast check` has to say that are shown: the first ones are the ones to begin with. */
const MAX_PROBLEM = 8;

/** The answer to a line. */
export function firstStep(state: FirstState, line: string, around: FirstSurroundings, rows: number): FirstStep {
  const typed = line.trim();
  return state.phase === "review" ? review(state, typed, rows) : { state: asked(state, typed, around) };
}

/** Why what was to be written is refused: the answers can be corrected. */
export function firstRefused({ answers }: FirstState, problem: string): FirstState {
  return { phase: "review", answers, problem: problem.split("\n").slice(0, MAX_PROBLEM).join("\n"), top: 0 };
}

/** What is to be read, the last line being the one that is answered; at most so many before it. */
export function firstLines(state: FirstState, around: FirstSurroundings, rows: number): string[] {
  const problem = state.problem === undefined ? [] : [`Not so: ${state.problem}`];
  if (state.phase === "review") {
    const all = reviewed(state.answers);
    const room = Math.max(4, rows - 5 - problem.join("\n").split("\n").length);
    const last = Math.min(all.length, state.top + room);
    return [
      "This is written to the partition HOLDFAST, and used at once:",
      "",
      ...all.slice(state.top, last),
      `-- ${last} of ${all.length} lines`,
      ...problem,
      "yes: write it   Enter: more   <: the last question again   again: from the first question",
      "",
    ];
  }
  const question = openQuestion(state.answers);
  const done = FIRST_QUESTIONS.filter(({ field }) => state.answers[field] !== undefined)
    .map(({ field, title }) => `  ${title.padEnd(16)} ${state.answers[field] || "-"}`);
  const isCard = question?.field === "management" || question?.field === "interface";
  const cards = isCard ? around.cards.map((card, index) => `  ${index + 1}  ${card}`) : [];
  const room = Math.max(0, rows - 6 - cards.length);
  const standard = question?.standard(state.answers, around);
  return [
    "First start: nothing is configured yet. Enter takes what is in brackets, < goes back.",
    "",
    ...done.slice(-room),
    ...cards,
    "",
    ...problem,
    `${question?.text(state.answers) ?? ""}${standard === undefined ? "" : ` [${standard || "nothing"}]`}`,
    "",
  ];
}

/** The question that is open; undefined when all are answered. */
export function openQuestion(answers: FirstAnswers): typeof FIRST_QUESTIONS[number] | undefined {
  return FIRST_QUESTIONS.find(({ field, isAsked }) => answers[field] === undefined && (isAsked?.(answers) ?? true));
}

function asked({ answers }: FirstState, typed: string, around: FirstSurroundings): FirstState {
  if (typed === BACK) return withoutLast(answers);
  const question = openQuestion(answers);
  if (question === undefined) return { phase: "review", answers, top: 0 };
  const given = typed === "" ? question.standard(answers, around) : typed;
  if (given === undefined) return { phase: "asking", answers, problem: "this has to be answered", top: 0 };
  const reading = question.read(given, answers, around);
  if ("problem" in reading) return { phase: "asking", answers, problem: reading.problem, top: 0 };
  const now = { ...answers, [question.field]: reading.value };
  return { phase: openQuestion(now) === undefined ? "review" : "asking", answers: now, top: 0 };
}

function review(state: FirstState, typed: string, rows: number): FirstStep {
  const { answers } = state;
  switch (typed.toLowerCase()) {
    case "yes":
      return { state, write: firstFiles(answers) };
    case BACK:
      return { state: withoutLast(answers) };
    case "again":
      return { state: FIRST };
    case "": {
      const room = Math.max(4, rows - 6);
      const next = state.top + room;
      return { state: { phase: "review", answers, top: next >= reviewed(answers).length ? 0 : next } };
    }
    default:
      return { state: { ...state, problem: "yes, <, again, or Enter alone" } };
  }
}

/** The last answer is given again. */
function withoutLast(answers: FirstAnswers): FirstState {
  const last = FIRST_QUESTIONS.findLast(({ field }) => answers[field] !== undefined)?.field;
  const kept = Object.entries(answers).filter(([field]) => field !== last) as [FirstField, string][];
  return { phase: "asking", answers: Object.fromEntries(kept), top: 0 };
}

/** The files one after the other, each below its name. */
function reviewed(answers: FirstAnswers): string[] {
  return Object.entries(firstFiles(answers)).flatMap(([name, text]) => [`--- ${name}`, ...text.trimEnd().split("\n")]);
}
