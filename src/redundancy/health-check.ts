/**
 * What a project's health check tells about the service. It is a command, run inside the container; most are
 * curl, wget or a one-line program with a URL on localhost in it, or the ping of a database. The gateway asks
 * the same question over the network, so it must know what the question was.
 */

import type { Service } from '../compose/project.ts';
import type { Image } from '../ports/engine.ts';
import type { CheckConfig } from '../ports/gateway.ts';

export interface HealthTarget {
  readonly kind: CheckConfig['kind'];
  readonly port: number;
  /** for kind http; absent where the URL cannot be asked with a plain GET */
  readonly path?: string;
  /** the Host header that the check sends: programs that accept only known hosts know this one */
  readonly host?: string;
  /** `any`: the command looks only whether something answers */
  readonly expect?: 'success' | 'any';
  /** https: the port speaks TLS, and the gateway can only connect */
  readonly tls: boolean;
}

const LOCAL = String.raw`(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|\[::\])`;

/**
 * The project's health check, else that of the image.
 * @returns null when there is none, or none that tells a port
 */
export function healthTarget(name: string, service: Service, image: Image | null): HealthTarget | null {
  const test = healthTest(service, image);
  if (test === null) return null;
  const words = test[0] === 'CMD' || test[0] === 'CMD-SHELL' ? test.slice(1) : test;
  const command = withVariables(words.join(' '), { ...variablesOf(image), ...service.environment });
  return (
    databaseTarget(command) ??
    urlTarget(command, [name, service.hostname, service.container_name]) ??
    portTarget(command)
  );
}

/** The command with its kind (CMD, CMD-SHELL) in front; null when nothing is checked. */
export function healthTest(service: Service, image: Image | null): readonly string[] | null {
  if (service.healthcheck?.disable === true) return null;
  const test = service.healthcheck?.test ?? image?.healthcheckTest ?? [];
  return test.length === 0 || test[0] === 'NONE' ? null : test;
}

function variablesOf(image: Image | null): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (image?.env ?? []).map((entry) => [entry.split('=', 1)[0] ?? '', entry.slice(entry.indexOf('=') + 1)]),
  );
}

/** Puts in the container's own variables, as the shell in it would. Unknown ones stay, and match nothing later. */
function withVariables(command: string, environment: Readonly<Record<string, string | null>>): string {
  return command.replaceAll(
    /\$\{?([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}]*))?\}?/g,
    (whole, variable: string, otherwise?: string) => {
      const value = Object.hasOwn(environment, variable) ? environment[variable] : null;
      return value || (otherwise ?? whole);
    },
  );
}

const DATABASES = [
  { kind: 'redis', command: /\b(?:redis|valkey|keydb)-cli\b/, port: 6379 },
  { kind: 'postgres', command: /\bpg_isready\b/, port: 5432 },
  { kind: 'mysql', command: /\b(?:mysqladmin|mariadb-admin)\b/, port: 3306 },
] as const;

function databaseTarget(command: string): HealthTarget | null {
  const found = DATABASES.find((database) => database.command.test(command));
  if (found === undefined) return null;
  const port = /(?:\s-[pP]\s*|--port[= ])(\d{2,5})\b/.exec(command)?.[1];
  return { kind: found.kind, port: Number(port ?? found.port), tls: found.kind === 'redis' && /--tls\b/.test(command) };
}

function urlTarget(command: string, ownNames: readonly (string | undefined)[]): HealthTarget | null {
  const hosts = [LOCAL, ...ownNames.flatMap((own) => (own === undefined ? [] : [escapeForPattern(own)]))].join('|');
  const withScheme = new RegExp(
    String.raw`\b(https?)://(?:[^/@\s'"]*@)?(${hosts})(?::(\d{1,5}))?(/[^\s'"\`)|;<>\\]*)?(?=[\s'"\`)|;<>\\?]|$)`,
    'i',
  );
  const bare = new RegExp(
    String.raw`\b(?:curl|wget)\b[^|;&]*?\s['"]?()(${hosts})(?::(\d{1,5}))?(/[^\s'"|;<>]*)?(?=[\s'"|;<>]|$)`,
    'i',
  );
  const match = withScheme.exec(command) ?? bare.exec(command);
  if (!match) return null;
  const tls = match[1]?.toLowerCase() === 'https';
  const port = match[3] === undefined ? (tls ? 443 : 80) : Number(match[3]);
  if (tls) return { kind: 'connect', port, tls };
  if (!isPlainGet(command)) return { kind: 'http', port, path: '/', expect: 'any', tls };
  const path = (match[4] ?? '/').split('#')[0] ?? '/';
  return {
    kind: 'http',
    port,
    path,
    host: hostHeader(command, match[2] ?? '', match[3]),
    expect: expectation(command),
    tls,
  };
}

/** A port that something connects to: nc -z localhost 5432, /dev/tcp/localhost/5432. */
function portTarget(command: string): HealthTarget | null {
  const match = new RegExp(String.raw`(?:\bnc\b[^|;&]*?${LOCAL}\s+|/dev/tcp/${LOCAL}/)(\d{1,5})\b`).exec(command);
  return match ? { kind: 'connect', port: Number(match[1]), tls: false } : null;
}

function isPlainGet(command: string): boolean {
  const otherMethod = /(?:\s-X\s*|--request[= ])['"]?(?!GET\b|HEAD\b)[A-Z]+/.test(command);
  const sends = /\s(?:-d|--data\S*|--post-data\S*|--post-file\S*|-F|-T|-u|--user)\b/.test(command);
  const authorizes = /authorization:/i.test(command) || /:\/\/[^/\s]*@/.test(command);
  return !otherMethod && !sends && !authorizes;
}

/** The header given with -H, else what the client makes of the URL. */
function hostHeader(command: string, host: string, port: string | undefined): string {
  const given = /(?:-H|--header)[= ]?\s*['"]?host:\s*([A-Za-z0-9._:-]+)/i.exec(command)?.[1];
  if (given !== undefined) return given;
  return port === undefined || port === '80' ? host : `${host}:${port}`;
}

/** curl without -f is content with any answer; everything else is taken to want a good one. */
function expectation(command: string): 'success' | 'any' {
  if (!/\bcurl\b/.test(command)) return 'success';
  const fails = /\s-[A-Za-z]*f|--fail\b|--fail-with-body\b|\|\s*grep|http_code/.test(command);
  return fails ? 'success' : 'any';
}

function escapeForPattern(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, String.raw`\$&`);
}
