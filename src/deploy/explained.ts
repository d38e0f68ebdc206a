import { isCode, TwinhullError } from '../errors.ts';
import { portHolder } from './port-holder.ts';
import { portTaken } from './start.ts';
import { describeStep, type Step } from './steps.ts';

/** What the engine says when it refuses, and what it means. */
const knownRefusals: readonly { readonly says: RegExp; readonly make: (message: string) => TwinhullError }[] = [
  {
    says: /container name .* is already in use/i,
    make: (message) => new TwinhullError('TH_NAME_IN_USE', message),
  },
  {
    says: /bind source path does not exist/i,
    make: (message) => new TwinhullError('TH_BIND_SOURCE_MISSING', message),
  },
  {
    says: /pool overlaps|could not find an available.*address pool/i,
    make: (message) =>
      new TwinhullError('TH_STEP_FAILED', message, {
        next: 'Choose free addresses: "x-twinhull: { address_pool: 10.x.0.0/16 }" for twinhull\'s own networks, "ipam" for a network of the file.',
      }),
  },
];

/** The error of a step as a person should read it: what was tried, and why it did not work. */
export async function explained(error: unknown, step: Step, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted)
    return new TwinhullError('TH_STEP_FAILED', `${describeStep(step)}: interrupted`, {
      cause: error,
      next: 'Run the command again: it goes on where it stopped.',
    });
  if (isTimeout(error))
    return new TwinhullError('TH_STEP_FAILED', `${describeStep(step)}: the engine did not finish in time`, {
      cause: error,
    });
  if (step.kind === 'pull_image' || step.kind === 'build_image') return imageError(error, step);
  if (!isCode(error, 'TH_ENGINE_REFUSED')) return error;
  if (portTaken.test(error.message)) return portInUse(error, step);
  const known = knownRefusals.find(({ says }) => says.test(error.message));
  return known ? known.make(`${describeStep(step)}: ${error.message}`) : error;
}

/** The port stands behind the last address of the host: 0.0.0.0:8080, :::8080, 127.0.0.1:8080. */
const HOST_PORT = /(?:listen \S+ |bind for |host port for |TCP )\S*?:(\d+)(?=[: ]|$)/i;

async function portInUse(error: TwinhullError, step: Step): Promise<TwinhullError> {
  const [, port] = HOST_PORT.exec(error.message) ?? [];
  if (port === undefined)
    return new TwinhullError('TH_PORT_IN_USE', `${describeStep(step)}: ${error.message}`, { cause: error });
  const holder = await portHolder(Number(port));
  const taken = holder === null ? 'taken; stop what holds it' : `taken by ${holder}; stop it`;
  const what = `port ${port} of the host, which ${step.service ?? 'the project'} publishes, is ${taken}, or publish another port`;
  return new TwinhullError('TH_PORT_IN_USE', what, { cause: error });
}

function imageError(error: unknown, step: Step): unknown {
  if (!isCode(error, 'TH_ENGINE_REFUSED')) return error;
  return new TwinhullError('TH_IMAGE_UNAVAILABLE', `${describeStep(step)}: ${error.message}`, { cause: error });
}

function isTimeout(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'TimeoutError' || (error.cause instanceof Error && error.cause.name === 'TimeoutError');
}
