// What questions over HTTPS have in common: files that are read for each of them, so that new ones count, and answers that end.

/** Text of a file. @throws Error that names the file, never what is in it */
export function readForQuestion(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    throw new Error(`cannot be asked: ${path} cannot be read`);
  }
}

/** The body of an answer. @throws Error when it is longer */
export async function textWithin(
  { body }: Response,
  maxBytes: number,
  tooLong = `answers with more than ${maxBytes} bytes`,
): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(tooLong);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
