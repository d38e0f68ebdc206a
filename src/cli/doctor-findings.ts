import { accessSync, constants, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asTwinhullError } from '../api/failure.ts';
import { isReplaced } from '../redundancy/replaced-name.ts';
import { clearLeftovers, leftovers } from '../drill/leftovers.ts';
import { LOCAL_GATEWAY_IMAGE } from '../deploy/images.ts';
import type { Container, EngineInfo } from '../ports/engine.ts';
import { stateRoot } from '../state-folder.ts';
import type { Environment } from '../wire.ts';
import { LABEL } from '../labels.ts';
import type { Context } from './command.ts';
import { drillHands } from './drill-hands.ts';
import { openPlace, type Place, projectNameOf } from './place.ts';
import { supervisorImage } from './start-supervisor.ts';
import { supervisorText } from './terminal/supervisor-text.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly what: string;
  /** note: works, and a person may want to know */
  readonly level: 'ok' | 'note' | 'problem';
  readonly detail: string;
  /** what to do; '' when nothing */
  readonly next: string;
}

/** the oldest engine API that we speak (Docker 20.10) */
const OLDEST_API = 1.41;

/** Looks at everything; what cannot be looked at is a finding too. */
export async function examine(context: Context, fix: boolean): Promise<Finding[]> {
  const project = await projectNameOf(context).then(
    (name) => ({ name, finding: ok('project', name) }),
    (error: unknown) => ({
      name: null,
      finding: note(
        'project',
        asTwinhullError(error).message.split('\n')[0] ?? '',
        'Go to the folder of your project, or name it with -f or -p.',
      ),
    }),
  );
  const findings = [ok('node', process.versions.node), stateFolderFinding(context.environment), project.finding];
  try {
    const place = await openPlace(context, project.name ?? 'none');
    try {
      findings.push(...(await engineFindings(place, context.environment)));
      if (project.name !== null) findings.push(...(await projectFindings(context, place, fix)));
    } finally {
      await place.engine.close();
    }
  } catch (error) {
    findings.push({
      what: 'engine',
      level: 'problem',
      detail: asTwinhullError(error).message,
      next: await permissionHint(context.environment, asTwinhullError(error).next),
    });
  }
  return findings;
}

async function engineFindings(place: Place, environment: Environment): Promise<Finding[]> {
  const info = await place.engine.info();
  return [
    versionFinding(place, info),
    ...(info.swarmActive
      ? [note('swarm', 'the engine is a node of a swarm; twinhull looks after Compose projects only', '')]
      : []),
    ...(info.liveRestore
      ? [note('live-restore', 'containers outlive a restart of the engine; one that exits meanwhile is seen late', '')]
      : []),
    await imageFinding(
      place,
      'gateway image',
      (await import('../wire.ts')).gatewayImage(environment),
      `It is pulled at the first up; without a registry, script/gateway-image builds one: export TWINHULL_GATEWAY_IMAGE=${LOCAL_GATEWAY_IMAGE}.`,
    ),
    await gatewayVersion(place),
    await imageFinding(
      place,
      'supervisor image',
      supervisorImage(environment),
      'Without it, up -d leaves a process, which a reboot ends for good; script/images builds it.',
    ),
  ].filter((finding) => finding !== null);
}

function versionFinding({ engine }: Place, info: EngineInfo): Finding {
  const detail = `Docker ${info.version}, API ${info.apiVersion}, ${info.architecture}, ${info.cpus} CPUs, at ${engine.endpoint.description}`;
  if (Number(info.apiVersion) >= OLDEST_API) return ok('engine', detail);
  return {
    what: 'engine',
    level: 'problem',
    detail: `${detail}: older than API ${OLDEST_API}`,
    next: 'Use Docker 20.10 or later.',
  };
}

async function imageFinding({ engine }: Place, what: string, reference: string, next: string): Promise<Finding | null> {
  if (reference === 'none') return null;
  return (await engine.inspectImage(reference)) === null
    ? note(what, `${reference} is not on the engine`, next)
    : ok(what, reference);
}

/** Asked from a gateway that runs: nothing is started to find out. */
async function gatewayVersion({ engine, project }: Place): Promise<Finding | null> {
  const gateways = await engine.listContainers({
    labels: { [LABEL.project]: project, [LABEL.role]: 'gateway' },
  });
  const running = gateways.find(({ state }) => state === 'running');
  if (!running) return null;
  const { stdout, exitCode } = await engine.exec(running.id, ['haproxy', '-v'], {});
  const version = /version (\S+)/.exec(stdout)?.[1];
  return exitCode === 0 && version !== undefined
    ? ok('haproxy', version)
    : note('haproxy', 'its version could not be asked', '');
}

async function projectFindings(context: Context, place: Place, fix: boolean): Promise<Finding[]> {
  const all = await place.engine.listContainers({ labels: { [LABEL.project]: place.project } });
  const ours = all.filter(({ labels }) => labels[LABEL.ours] !== undefined);
  return [
    await supervisorFinding(place, ours),
    ...foreignFindings(all, ours),
    ...renamedFindings(ours),
    ...(await leftoverFindings(context, place, fix)),
    await poolFinding(place),
  ].filter((finding) => finding !== null);
}

async function supervisorFinding({ control, project }: Place, ours: readonly Container[]): Promise<Finding> {
  try {
    const answer = await control.status();
    if (answer !== null) return ok('supervisor', supervisorText(answer.supervisor));
    if (ours.length === 0) return ok('supervisor', `none, and nothing of ${project} is there`);
    return {
      what: 'supervisor',
      level: 'problem',
      detail: `nobody supervises ${project}: gateways fail over by themselves, nothing is repaired`,
      next: 'twinhull up -d',
    };
  } catch (error) {
    const { message, next } = asTwinhullError(error);
    return { what: 'supervisor', level: 'problem', detail: message, next };
  }
}

function foreignFindings(all: readonly Container[], ours: readonly Container[]): Finding[] {
  const foreign = all.filter((container) => !ours.includes(container) && container.labels[LABEL.oneOff] !== 'True');
  if (foreign.length === 0) return [];
  return [
    note(
      'other containers',
      `of this project and not made by twinhull: ${foreign.map(({ name }) => name).join(', ')}`,
      ours.length > 0 ? 'twinhull up takes their services back.' : 'docker compose down, then twinhull up.',
    ),
  ];
}

/** A container renamed aside is one whose replacement did not come to its end. */
function renamedFindings(ours: readonly Container[]): Finding[] {
  const aside = ours.filter(isReplaced);
  if (aside.length === 0) return [];
  return [
    {
      what: 'replacements',
      level: 'problem',
      detail: `not come to their end: ${aside.map(({ name }) => name).join(', ')}`,
      next: 'twinhull up finishes them.',
    },
  ];
}

async function leftoverFindings(context: Context, place: Place, fix: boolean): Promise<Finding[]> {
  const { folder } = place;
  if (fix)
    return (await clearLeftovers(drillHands(context, place), folder, Date.now())).map((line) => ok('drills', line));
  return leftovers(folder, Date.now()).map(({ marker }) => ({
    what: 'drills',
    level: 'problem',
    detail: `a drill (${marker.fault} of ${marker.member}) has not come to its end`,
    next: 'twinhull doctor --fix takes its fault back.',
  }));
}

async function poolFinding({ engine, project }: Place): Promise<Finding | null> {
  const networks = await engine.listNetworks({ labels: { [LABEL.project]: project } });
  const own = networks.filter(({ name }) => name.startsWith(`${project}_twinhull-`));
  return own.length === 0
    ? null
    : ok('address pool', own.map(({ name, subnets }) => `${name} ${subnets.join(' ')}`).join(', '));
}

/** The state folder holds sockets that steer gateways: it must be ours alone. */
function stateFolderFinding(environment: Environment): Finding {
  const root = stateRoot(environment);
  const found = statSync(root, { throwIfNoEntry: false });
  if (!found)
    return canWrite(nearestFolder(root))
      ? ok('state', `${root} (made at the first up)`)
      : {
          what: 'state',
          level: 'problem',
          detail: `${root} cannot be made`,
          next: 'Set TWINHULL_STATE_DIR to a folder you may write.',
        };
  if (!canWrite(root))
    return {
      what: 'state',
      level: 'problem',
      detail: `${root} cannot be written`,
      next: 'Set TWINHULL_STATE_DIR to a folder you may write.',
    };
  if (process.getuid?.() !== found.uid) return note('state', `${root} belongs to another user`, '');
  return ok('state', root);
}

function nearestFolder(path: string): string {
  let folder = dirname(path);
  while (!statSync(folder, { throwIfNoEntry: false })) folder = dirname(folder);
  return folder;
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A socket that is there and may not be opened is the most usual cause. */
async function permissionHint(environment: Environment, otherwise: string): Promise<string> {
  const host = environment['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
  const path = host.startsWith('unix://') ? host.slice('unix://'.length) : null;
  if (path === null) return otherwise;
  if (!statSync(path, { throwIfNoEntry: false })) return `There is no ${path}: start Docker, or set DOCKER_HOST.`;
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return `${path} is there and nothing answers on it: start Docker.`;
  } catch {
    return `You may not open ${join(path)}: become a member of its group (usually "docker"), or run as root.`;
  }
}

const ok = (what: string, detail: string): Finding => ({ what, level: 'ok', detail, next: '' });
const note = (what: string, detail: string, next: string): Finding => ({ what, level: 'note', detail, next });
