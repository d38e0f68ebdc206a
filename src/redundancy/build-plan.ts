import type { Build, Service } from '../compose/project.ts';
import type { BuildPlan, Note, ServicePlan } from './fleet.ts';
import { listOf, mapOf, textOf } from './portable.ts';

/** The image of a service: reference, how to build it, when to pull it. */
export function imagePlan(service: Service, reference: string): ServicePlan['image'] {
  return {
    reference,
    build: service.build === undefined ? null : buildPlan(service.build, service.platform),
    pull: pullPolicy(service.pull_policy),
  };
}

function pullPolicy(policy: string | undefined): ServicePlan['image']['pull'] {
  return policy === 'always' || policy === 'never' ? policy : 'missing';
}

function buildPlan(build: Build, platform: string | undefined): BuildPlan {
  const { context, dockerfile, dockerfile_inline: inline, args, target, labels } = build;
  const hidden = Object.fromEntries(Object.entries(args ?? {}).filter(isHidden));
  const flags = [
    ...(dockerfile === undefined || inline !== undefined ? [] : ['--file', fileIn(context, dockerfile)]),
    ...pairs('--build-arg', namesOnly(args ?? {}, hidden)),
    ...(target === undefined ? [] : ['--target', target]),
    ...pairs('--label', labels ?? {}),
    ...(platform === undefined ? [] : ['--platform', platform]),
    ...TEXT_FLAGS.flatMap(([key, flag]) => textFlag(flag, build[key])),
    ...LIST_FLAGS.flatMap(([key, flag]) => listFlag(flag, build[key])),
    ...SWITCHES.flatMap(([key, flag]) => (build[key] === true ? [flag] : [])),
  ];
  return { context, arguments: flags, environment: hidden, dockerfileInline: inline ?? null };
}

/** Read by the docker command line, or by the system that starts it: such a value stays an argument. */
const READ_BY_DOCKER =
  /^(PATH|HOME|TMPDIR|TERM|NO_COLOR|\w*_PROXY|(LD|DOCKER|BUILDKIT|BUILDX|COMPOSE|XDG|SSH|SSL|OTEL|GO)\w*)$/i;

/** A value that the environment can hand over, so that it stands in no list of processes. */
function isHidden(pair: [string, string | null]): pair is [string, string] {
  return pair[1] !== null && /^[A-Za-z_]\w*$/.test(pair[0]) && !READ_BY_DOCKER.test(pair[0]);
}

function namesOnly(
  args: Readonly<Record<string, string | null>>,
  hidden: Readonly<Record<string, string>>,
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, name in hidden ? null : value]));
}

const TEXT_FLAGS = [
  ['network', '--network'],
  ['isolation', '--isolation'],
  ['shm_size', '--shm-size'],
] as const;
const LIST_FLAGS = [
  ['cache_from', '--cache-from'],
  ['cache_to', '--cache-to'],
  ['extra_hosts', '--add-host'],
  ['additional_contexts', '--build-context'],
  ['tags', '--tag'],
  ['ssh', '--ssh'],
] as const;
const SWITCHES = [
  ['no_cache', '--no-cache'],
  ['pull', '--pull'],
] as const;
const KNOWN: ReadonlySet<string> = new Set([
  'context',
  'dockerfile',
  'dockerfile_inline',
  'args',
  'target',
  'labels',
  ...[...TEXT_FLAGS, ...LIST_FLAGS, ...SWITCHES].map(([key]) => key),
]);

/** Keys of `build` that `docker build` gets no flag for. */
export function unsupportedBuildKeys(build: Build | undefined): readonly Note[] {
  const keys = Object.keys(build ?? {}).filter((key) => !KNOWN.has(key) && !key.startsWith('x-'));
  return keys.map((key) => ({
    what: `build.${key}`,
    why: 'is not handed to docker build in this version; build the image yourself and name it with image',
  }));
}

/** Relative to the context, as Compose has it; docker build would take it from the current folder. */
function fileIn(context: string, dockerfile: string): string {
  if (dockerfile.startsWith('/') || /^[a-z+]+:\/\/|^git@/.test(context)) return dockerfile;
  return `${context.replace(/\/+$/, '')}/${dockerfile.replace(/^\.\//, '')}`;
}

/** A null value is taken from the environment that docker build runs in, as Compose has it. */
function pairs(flag: string, values: Readonly<Record<string, string | null>>): readonly string[] {
  return Object.entries(values).flatMap(([key, value]) => [flag, value === null ? key : `${key}=${value}`]);
}

function textFlag(flag: string, value: unknown): readonly string[] {
  return typeof value === 'string' || typeof value === 'number' ? [flag, String(value)] : [];
}

function listFlag(flag: string, value: unknown): readonly string[] {
  return entriesOf(value).flatMap((entry) => [flag, flag === '--add-host' ? entry.replace('=', ':') : entry]);
}

/** A list of texts as it is; a mapping as `key=value`, a list in it once for each. */
function entriesOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(textOf).filter((text) => text !== '');
  return Object.entries(mapOf(value)).flatMap(([key, item]) =>
    listOf(item ?? '').map((one) => (textOf(one) === '' ? key : `${key}=${textOf(one)}`)),
  );
}
