// `holdfast credential`: what is written into `api` of holdfast.yaml for a password or a token. Keeps nothing.
import { hashPassword, newToken } from "../http/credentials.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";

/** Prints it; a password is read from standard input, up to its first line end. @returns the exit status */
export async function credential(kind: "password" | "token"): Promise<number> {
  if (kind === "token") {
    const { token, sha256 } = newToken();
    console.error("The token, which is shown this once and stored nowhere:");
    console.log(token);
    console.error(`For \`tokens\`: { name: NAME, sha256: ${sha256}, role: reader }`);
    return EXIT_OK;
  }
  if (Deno.stdin.isTerminal()) console.error("Type the password and press Enter; it will be seen.");
  const password = (await new Response(Deno.stdin.readable).text()).split("\n", 1)[0] ?? "";
  if (password === "") {
    console.error("error: the password is empty");
    return EXIT_FAILURE;
  }
  console.log(await hashPassword(password));
  return EXIT_OK;
}
