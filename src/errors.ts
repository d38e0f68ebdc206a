/**
 * Every error a person can meet, once. `docs/errors.md` is made from this table (script/docs), and a test
 * fails when the two differ. Exit codes: 1 the thing asked for failed, 2 bad usage or bad input, 3 the engine
 * or the gateway is out of reach.
 */

interface Entry {
  readonly exitCode: 1 | 2 | 3;
  /** what it means, one sentence for the docs */
  readonly meaning: string;
  /** what to do about it */
  readonly remedy: string;
}

const catalogue = {
  TH_USAGE: {
    exitCode: 2,
    meaning: 'The command line could not be understood.',
    remedy: 'See the help of the command: twinhull COMMAND --help.',
  },
  TH_COMPOSE_INVALID: {
    exitCode: 2,
    meaning: 'The Compose files have problems; each is listed with file, line, column, value and what was expected.',
    remedy: 'Correct the listed places. Nothing was changed.',
  },
  TH_COMPOSE_NOT_FOUND: {
    exitCode: 2,
    meaning: 'No Compose file was found.',
    remedy: 'Go to the folder of your project, or name the file with -f.',
  },
  TH_ENGINE_UNREACHABLE: {
    exitCode: 3,
    meaning: 'The container engine does not answer.',
    remedy:
      'Start it, or check DOCKER_HOST, DOCKER_CONTEXT and your permission on its socket (twinhull doctor tells which).',
  },
  TH_ENGINE_REFUSED: {
    exitCode: 1,
    meaning: 'The container engine answered no.',
    remedy: "The message is the engine's own; twinhull events shows what was under way.",
  },
  TH_GATEWAY_UNREACHABLE: {
    exitCode: 3,
    meaning: 'The gateway of a service does not answer on its admin socket.',
    remedy: 'It goes on serving by itself if it runs; twinhull doctor tells what is wrong.',
  },
  TH_GATEWAY_CHECK_FAILED: {
    exitCode: 1,
    meaning: "A member did not pass the gateway's check in time and was left out of traffic.",
    remedy: "Look at the member's logs: twinhull logs MEMBER.",
  },
  TH_INTERNAL: {
    exitCode: 1,
    meaning: 'A defect of twinhull.',
    remedy: 'Please report it with the text shown. Gateways go on serving by themselves.',
  },
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof catalogue;
export const errorCatalogue: Readonly<Record<ErrorCode, Entry>> = catalogue;

export class TwinhullError extends Error {
  override readonly name = 'TwinhullError';
  readonly code: ErrorCode;
  /** what state things are in now, for a person; '' when nothing was changed */
  readonly state: string;
  /** what to do next, where it is more particular than the catalogue's remedy */
  readonly next: string;
  /** for TH_ENGINE_REFUSED: the HTTP status */
  readonly status: number | undefined;

  /** @param message what happened and why, one line, no trailing period needed */
  constructor(
    code: ErrorCode,
    message: string,
    more: { readonly state?: string; readonly next?: string; readonly status?: number; readonly cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.state = more.state ?? '';
    this.next = more.next ?? catalogue[code].remedy;
    this.status = more.status;
  }

  get exitCode(): 1 | 2 | 3 {
    return catalogue[this.code].exitCode;
  }
}

export function isCode(error: unknown, code: ErrorCode): error is TwinhullError {
  return error instanceof TwinhullError && error.code === code;
}
