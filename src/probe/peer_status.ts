// Asks the API of another Holdfast for its status. What comes back is bounded, and nothing more than JSON.
import { readForQuestion, textWithin } from "./bounded_answer.ts";

/** Whom to ask, and how. */
export interface PeerQuestion {
  readonly url: string;
  /** Files; they are read at each question, so that new ones count. */
  readonly ca?: string;
  readonly tokenFile?: string;
}

/** A status document of thousands of virtual servers fits in. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Gets the document. @throws Error with the reason, never with what is in the files */
export async function fetchPeerStatus({ url, ca, tokenFile }: PeerQuestion, signal: AbortSignal): Promise<unknown> {
  const headers = new Headers({ accept: "application/json" });
  if (tokenFile !== undefined) headers.set("authorization", `Bearer ${readForQuestion(tokenFile).trim()}`);
  const client = Deno.createHttpClient(
    ca === undefined ? { poolMaxIdlePerHost: 0 } : { caCerts: [readForQuestion(ca)] },
  );
  try {
    const response = await fetch(url, { client, headers, redirect: "error", signal });
    const text = await textWithin(response, MAX_BYTES);
    if (response.status !== 200) throw new Error(`answers with HTTP status ${response.status}`);
    return JSON.parse(text);
  } finally {
    client.close();
  }
}
