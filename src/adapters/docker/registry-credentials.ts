/**
 * The credentials the user gave to `docker login`, for one pull: from `auths` of the Docker configuration, or
 * from the credential helper it names. They go to the engine in a header and nowhere else.
 */

import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dockerConfigFolder, type Environment } from './endpoint.ts';
import { field, parseJson, text } from './reading.ts';

const HELPER_DEADLINE_MS = 10_000;
const MAX_HELPER_CHARACTERS = 64 * 1024;
/** The key of Docker's own registry in the configuration, for historical reasons a URL. */
const DOCKER_HUB = 'https://index.docker.io/v1/';

interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly serveraddress: string;
}

/** The value of X-Registry-Auth for this image; null when there are no credentials (the pull is then anonymous). */
export async function registryAuthorization(
  environment: Environment,
  reference: string,
  signal?: AbortSignal,
): Promise<string | null> {
  const registry = registryOf(reference);
  const config = parseJson(await readConfig(environment));
  const helper = text(field(field(config, 'credHelpers'), registry)) || text(field(config, 'credsStore'));
  const credentials =
    (helper === '' ? null : await askHelper(helper, registry, environment, signal)) ?? fromAuths(config, registry);
  return credentials === null ? null : Buffer.from(JSON.stringify(credentials)).toString('base64url');
}

/** "nginx" -> Docker's own registry; "ghcr.io/a/b" -> "ghcr.io". The rule is distribution/reference's. */
export function registryOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  const isDomain = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return !isDomain || first === 'docker.io' || first === 'index.docker.io' ? DOCKER_HUB : first;
}

async function readConfig(environment: Environment): Promise<string> {
  try {
    return await readFile(join(dockerConfigFolder(environment), 'config.json'), 'utf8');
  } catch {
    return '';
  }
}

function fromAuths(config: unknown, registry: string): Credentials | null {
  const auths = field(config, 'auths');
  const names = [registry, `https://${registry}`, `https://${registry}/v1/`, `https://${registry}/v2/`];
  const found = names.map((name) => field(auths, name)).find((entry) => entry !== undefined);
  const identitytoken = text(field(found, 'identitytoken'));
  if (identitytoken !== '') return { identitytoken, serveraddress: registry };
  const decoded = Buffer.from(text(field(found, 'auth')), 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  return colon < 0
    ? null
    : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1), serveraddress: registry };
}

/** The helper protocol of docker-credential-helpers: the registry on standard input, JSON on standard output. */
async function askHelper(
  helper: string,
  registry: string,
  environment: Environment,
  signal?: AbortSignal,
): Promise<Credentials | null> {
  if (!/^[\w.-]+$/.test(helper)) return null;
  const answer = parseJson(await runHelper(`docker-credential-${helper}`, registry, environment, signal));
  const secret = text(field(answer, 'Secret'));
  const username = text(field(answer, 'Username'));
  if (secret === '') return null;
  return username === '<token>'
    ? { identitytoken: secret, serveraddress: registry }
    : { username, password: secret, serveraddress: registry };
}

/** '' when it is not installed, knows nothing, or does not answer: the pull goes on without. */
async function runHelper(
  command: string,
  registry: string,
  environment: Environment,
  signal?: AbortSignal,
): Promise<string> {
  const late = AbortSignal.timeout(HELPER_DEADLINE_MS);
  return await new Promise((resolve) => {
    const child = spawn(command, ['get'], {
      env: { ...environment },
      stdio: ['pipe', 'pipe', 'ignore'],
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      if (output.length < MAX_HELPER_CHARACTERS) output += piece;
    });
    child.on('error', () => resolve(''));
    child.on('close', (exitCode) => resolve(exitCode === 0 ? output : ''));
    child.stdin.on('error', () => resolve(''));
    child.stdin.end(registry);
  });
}
