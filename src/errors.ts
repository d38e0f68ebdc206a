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
    remedy:
      'It goes on serving by itself if it runs; twinhull logs with the name of its container (shop-web-1) shows what it says.',
  },
  TH_GATEWAY_REFUSED: {
    exitCode: 1,
    meaning: 'The gateway of a service answered, and did not do what it was asked.',
    remedy:
      'It goes on serving as it did before; twinhull logs with the name of its container (shop-web-1) shows what it says.',
  },
  TH_GATEWAY_CHECK_FAILED: {
    exitCode: 1,
    meaning: "A member did not pass the gateway's check in time and was left out of traffic.",
    remedy: "Look at the member's logs: twinhull logs MEMBER.",
  },
  TH_SUPERVISOR_SILENT: {
    exitCode: 3,
    meaning: 'The supervisor of the project holds its lease and does not answer.',
    remedy:
      'Gateways go on serving by themselves. End its process ("supervise --project NAME" in ps) or its container (NAME-twinhull-supervisor), then run twinhull up -d.',
  },
  TH_LEASE_HELD: {
    exitCode: 1,
    meaning: 'Another twinhull process acts on this project; there is one at a time.',
    remedy: 'Wait for it, or end it, then try again.',
  },
  TH_NOT_SERVING: {
    exitCode: 1,
    meaning: 'Not every service serves.',
    remedy: 'twinhull status and twinhull logs tell more. What serves goes on serving.',
  },
  TH_NOT_RUNNING: {
    exitCode: 1,
    meaning: 'twinhull has started nothing for this project.',
    remedy: 'Start it with twinhull up.',
  },
  TH_UNKNOWN_NAME: {
    exitCode: 2,
    meaning: 'No service or member of the project has this name.',
    remedy: 'twinhull plan lists the services and their members.',
  },
  TH_SWITCH_REFUSED: {
    exitCode: 1,
    meaning: 'A planned switch would have made things worse and was not done.',
    remedy: 'Wait until the other member is healthy (twinhull status), then try again.',
  },
  TH_DRILL_REFUSED: {
    exitCode: 1,
    meaning:
      'A drill was not done: it would have been an outage, could not have been made honestly, or nobody could have told what came of it.',
    remedy: 'Wait until every member is healthy (twinhull status), or insist with --force.',
  },
  TH_DRILLS_INVALID: {
    exitCode: 2,
    meaning: 'The file of drills has problems; each is listed with file, line, column, value and what was expected.',
    remedy: 'Correct the listed places (docs/drills.md has every key). Nothing was broken.',
  },
  TH_DRILLS_NOT_FOUND: {
    exitCode: 2,
    meaning: 'There is no file of drills where one was looked for.',
    remedy: 'Write a drills.yaml beside the Compose file, name another one with -f, or name a fault and a service.',
  },
  TH_ENGINE_REMOTE: {
    exitCode: 2,
    meaning: 'The container engine runs on another machine, where the supervisor cannot reach the gateways.',
    remedy: 'Run twinhull on that machine.',
  },
  TH_FILE_EXISTS: {
    exitCode: 1,
    meaning: 'A file that twinhull did not make stands where it would write.',
    remedy: 'Choose another place with --output, or overwrite it with --force.',
  },
  TH_STATE_NEWER: {
    exitCode: 2,
    meaning: 'The state of the project was written by a newer twinhull.',
    remedy: 'Use that version or a later one. Nothing was changed.',
  },
  TH_STATE_UNUSABLE: {
    exitCode: 1,
    meaning: 'The state folder or a file in it cannot be read or written.',
    remedy:
      'Check its permissions and the free space of its disk; TWINHULL_STATE_DIR names another place. Gateways go on serving by themselves.',
  },
  TH_STATE_FULL: {
    exitCode: 1,
    meaning:
      'What has to be on disk before it counts could not be written: the disk of the state folder is full, or cannot be written now.',
    remedy:
      'Make room there and try again; what could not be written is written then. Supervising goes on: traffic is moved, and what is down is started.',
  },
  TH_PROJECT_RUNS_UNDER_COMPOSE: {
    exitCode: 2,
    meaning: 'Containers of this project run under Compose, without twinhull.',
    remedy: 'Run "docker compose down" (volumes stay), then "twinhull up".',
  },
  TH_PORT_IN_USE: {
    exitCode: 1,
    meaning: 'A port of the host that the project publishes is taken.',
    remedy: 'Stop what holds it, or publish another port.',
  },
  TH_NAME_IN_USE: {
    exitCode: 2,
    meaning: 'A container of another project has a name that this project needs.',
    remedy: 'Remove or rename that container, or choose another project name with -p.',
  },
  TH_EXTERNAL_MISSING: {
    exitCode: 2,
    meaning: 'A network or volume that the project calls external does not exist.',
    remedy: 'Create it (docker network create, docker volume create), or drop "external".',
  },
  TH_BIND_SOURCE_MISSING: {
    exitCode: 2,
    meaning: 'A path of the host that a service mounts does not exist.',
    remedy: 'Create it, or correct the path in the Compose file.',
  },
  TH_NETWORK_DIFFERS: {
    exitCode: 2,
    meaning: 'A network of the project exists with another configuration than the file asks for.',
    remedy: 'Run "twinhull down", then "twinhull up": networks cannot be changed while they exist.',
  },
  TH_VOLUME_DIFFERS: {
    exitCode: 2,
    meaning: 'A volume of the project exists with another driver or other options than the file asks for.',
    remedy:
      'Restore the old options, give the volume another name, or remove it with its data (docker volume rm). It was not touched.',
  },
  TH_IMAGE_UNAVAILABLE: {
    exitCode: 1,
    meaning: 'An image is missing and could not be pulled or built, or its pull policy forbids it.',
    remedy:
      'Check the name, your access to the registry, or build it; TWINHULL_GATEWAY_IMAGE names another image for gateways. Running services were not touched.',
  },
  TH_SECOND_WRITER: {
    exitCode: 1,
    meaning: 'A container was not started, because another one that writes the same data is not proven stopped.',
    remedy:
      'Wait until the engine answers for the other one, or stop it (docker stop; twinhull status names both), then try again.',
  },
  TH_STEP_FAILED: {
    exitCode: 1,
    meaning: 'A step of bringing the project up or down did not succeed.',
    remedy: 'Correct the cause and run the command again: it goes on where it stopped.',
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

/** Of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
