// All cases, and the ports at which they are served.
import type { CheckCase } from "./check_case.ts";
import { DATAGRAM_CASES } from "./datagram_cases.ts";
import { HTTP_CASES } from "./http_cases.ts";
import { OTHER_CASES, REAL_CASES } from "./other_cases.ts";
import { SMTP_CASES } from "./smtp_cases.ts";
import { TLS_CASES } from "./tls_cases.ts";

/** In the order of their ports. */
export const CASES: readonly CheckCase[] = [
  ...OTHER_CASES,
  ...REAL_CASES,
  ...HTTP_CASES,
  ...TLS_CASES,
  ...SMTP_CASES,
  ...DATAGRAM_CASES,
];

const FIRST_PORT = 9000;

/** Where a case is served; a real server has chosen its port itself. */
export function portOf(name: string): number {
  const at = CASES.findIndex((one) => one.name === name);
  const server = CASES[at]?.server;
  return server?.kind === "real" ? server.port : FIRST_PORT + at;
}
