/**
 * Where the engine is, found as the docker command line finds it: DOCKER_HOST, else DOCKER_CONTEXT, else the
 * current context of the Docker configuration, else the default socket.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TwinhullError } from '../../errors.ts';
import { field, parseJson, text } from './reading.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly verify: boolean;
}

export type Endpoint = {
  /** for people: "unix:///var/run/docker.sock", with the context's name where one chose it */
  readonly description: string;
  /** what the docker command line needs in its environment to reach the same engine */
  readonly commandEnvironment: Readonly<Record<string, string>>;
} & (
  | { readonly kind: 'unix'; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsFiles | null }
);

const DEFAULT_HOST = 'unix:///var/run/docker.sock';

/** Throws `TH_ENGINE_UNREACHABLE` when the address cannot be used by us, or names a context that is not there. */
export function resolveEndpoint(environment: Environment): Endpoint {
  const host = environment['DOCKER_HOST'];
  if (host)
    return endpointOf(host, { DOCKER_HOST: host, ...tlsVariables(environment) }, host, environmentTls(environment));
  const folder = dockerConfigFolder(environment);
  const context = environment['DOCKER_CONTEXT'] || currentContext(folder);
  if (context !== '' && context !== 'default') return contextEndpoint(folder, context);
  return endpointOf(DEFAULT_HOST, { DOCKER_HOST: DEFAULT_HOST }, DEFAULT_HOST, null);
}

export function dockerConfigFolder(environment: Environment): string {
  return environment['DOCKER_CONFIG'] || join(environment['HOME'] || homedir(), '.docker');
}

function currentContext(folder: string): string {
  const config = readText(join(folder, 'config.json'));
  return config === null ? '' : text(field(parseJson(config), 'currentContext'));
}

function contextEndpoint(folder: string, name: string): Endpoint {
  const digest = createHash('sha256').update(name).digest('hex');
  const meta = readText(join(folder, 'contexts', 'meta', digest, 'meta.json'));
  const docker = field(field(parseJson(meta ?? ''), 'Endpoints'), 'docker');
  const host = text(field(docker, 'Host'));
  if (host === '') {
    throw new TwinhullError('TH_ENGINE_UNREACHABLE', `the docker context "${name}" does not exist or names no engine`, {
      next: 'List the contexts with: docker context ls',
    });
  }
  const verify = field(docker, 'SkipTLSVerify') !== true;
  const tls = readTls(join(folder, 'contexts', 'tls', digest, 'docker'), verify);
  return endpointOf(host, { DOCKER_CONTEXT: name }, `${host} (context ${name})`, tls);
}

function endpointOf(
  host: string,
  command: Record<string, string>,
  description: string,
  tls: TlsFiles | null,
): Endpoint {
  const [scheme = '', rest = ''] = split(host, '://');
  const common = { description, commandEnvironment: command };
  if (scheme === 'unix' && rest.startsWith('/')) return { ...common, kind: 'unix', socketPath: rest };
  if (scheme === 'tcp' || scheme === 'http' || scheme === 'https') {
    const secure = tls ?? (scheme === 'https' ? { verify: true } : null);
    return { ...common, kind: 'tcp', ...hostAndPort(host, rest, secure !== null), tls: secure };
  }
  throw unusable(host, scheme);
}

function unusable(host: string, scheme: string): TwinhullError {
  if (scheme === 'ssh') {
    return new TwinhullError('TH_ENGINE_UNREACHABLE', `twinhull does not reach an engine over ssh (${host})`, {
      next: 'Run twinhull on that host, or forward its socket (ssh -L /tmp/docker.sock:/var/run/docker.sock HOST) and set DOCKER_HOST=unix:///tmp/docker.sock.',
    });
  }
  return new TwinhullError('TH_ENGINE_UNREACHABLE', `"${host}" is no address of an engine that twinhull can use`, {
    next: 'Use unix:///path/to/docker.sock or tcp://host:port.',
  });
}

/** 2375 is Docker's plain port, 2376 the one with TLS. */
function hostAndPort(host: string, rest: string, secure: boolean): { host: string; port: number } {
  const url = URL.parse(`http://${rest}`);
  if (url === null || url.hostname === '' || url.username !== '') throw unusable(host, '');
  const explicit = /:(\d+)(\/|$)/.exec(rest)?.[1];
  return { host: url.hostname, port: explicit === undefined ? (secure ? 2376 : 2375) : Number(explicit) };
}

function environmentTls(environment: Environment): TlsFiles | null {
  if (!environment['DOCKER_TLS_VERIFY'] && !environment['DOCKER_TLS']) return null;
  const folder = environment['DOCKER_CERT_PATH'] || dockerConfigFolder(environment);
  return (
    readTls(folder, Boolean(environment['DOCKER_TLS_VERIFY'])) ?? { verify: Boolean(environment['DOCKER_TLS_VERIFY']) }
  );
}

function readTls(folder: string, verify: boolean): TlsFiles | null {
  const ca = readText(join(folder, 'ca.pem'));
  const cert = readText(join(folder, 'cert.pem'));
  const key = readText(join(folder, 'key.pem'));
  if (ca === null && cert === null && key === null) return null;
  return { verify, ...(ca !== null && { ca }), ...(cert !== null && { cert }), ...(key !== null && { key }) };
}

function tlsVariables(environment: Environment): Record<string, string> {
  const names = ['DOCKER_TLS', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'];
  return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
}

/** null when the file is not there; a file that is there and cannot be read is an error worth seeing. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw new TwinhullError('TH_ENGINE_UNREACHABLE', `cannot read ${path} of the Docker configuration`, {
      cause: error,
    });
  }
}

function split(value: string, by: string): readonly string[] {
  const at = value.indexOf(by);
  return at < 0 ? ['', value] : [value.slice(0, at), value.slice(at + by.length)];
}
