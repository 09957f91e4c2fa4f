// Exit statuses of every command.

/** It worked. */
export const EXIT_OK = 0;
/** It did not: a wrong configuration, a missing privilege. */
export const EXIT_FAILURE = 1;
/** The command line was wrong. */
export const EXIT_USAGE = 2;
