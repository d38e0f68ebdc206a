/**
 * Starts a supervisor that outlives the command: a container with `restart: always` where its image is on the
 * engine (it comes back after a reboot), else a process of its own session that is started again when it crashes.
 */

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../api/control-client.ts';
import { TwinhullError } from '../errors.ts';
import type { ContainerSpec, Engine } from '../ports/engine.ts';
import { makePrivateFolder } from '../private-folder.ts';
import { stateRoot } from '../state-folder.ts';
import { LABEL } from '../labels.ts';
import type { Context } from './command.ts';
import { keptRunning } from './keep-running.ts';
import type { Place } from './place.ts';
import { printableText } from './terminal/printable.ts';

/** how long a supervisor may take to answer after its start, in milliseconds */
const START_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 50;
const RESTART_PAUSE_SECONDS = 1;
/** what containers use is read there; see adapters/cgroup */
const CONTROL_GROUPS = '/sys/fs/cgroup';
const LAST_LOG_LINES = 12;
const LARGEST_LOG_BYTES = 10 * 1024 * 1024;

/** Still running, and what it said when it is not. */
interface Started {
  hasEnded(): Promise<boolean>;
  lastWords(): Promise<string>;
}

/** Starts it and waits until it answers; where another one was quicker, that one's answer is as good. */
export async function startSupervisor(context: Context, place: Place): Promise<Answer> {
  const image = supervisorImage(context.environment);
  const started = (await canRunAsContainer(place, image))
    ? await startContainer(context, place, image)
    : startProcess(context, place);
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const ended = await started.hasEnded();
    const answer = await place.control.status();
    if (answer !== null) return answer;
    if (ended || performance.now() > deadline) throw await notStarted(started);
    await sleep(LOOK_EVERY_MS);
  }
}

/** "none": a process, even where the image is there. */
export function supervisorImage(environment: Context['environment']): string {
  return environment['TWINHULL_SUPERVISOR_IMAGE'] || 'twinhull-local/supervisor:latest';
}

export function supervisorContainerName(project: string): string {
  return `${project}-twinhull-supervisor`;
}

/** Removes the supervisor's container, also one that waits for its restart. */
export async function removeSupervisorContainer({ engine, project }: Place): Promise<void> {
  const name = supervisorContainerName(project);
  const container = await engine.inspectContainer(name);
  if (container?.labels[LABEL.role] === 'supervisor')
    await engine.removeContainer(container.id, { force: true, volumes: false });
}

/** Whether its container was made from another image than the one that is there now: twinhull was updated since. */
export async function isSupervisorOutdated(
  { engine, project }: { readonly engine: Engine; readonly project: string },
  image: string,
): Promise<boolean> {
  const container = await engine.inspectContainer(supervisorContainerName(project));
  if (container?.labels[LABEL.role] !== 'supervisor') return false;
  const now = await engine.inspectImage(image);
  return now !== null && now.id !== container.imageId;
}

async function canRunAsContainer({ engine }: Place, image: string): Promise<boolean> {
  return image !== 'none' && engine.endpoint.kind === 'unix' && (await engine.inspectImage(image)) !== null;
}

async function startContainer(context: Context, place: Place, image: string): Promise<Started> {
  const { engine, project } = place;
  await removeSupervisorContainer(place);
  makePrivateFolder(place.folder);
  const id = await engine.createContainer(supervisorContainerName(project), await containerSpec(context, place, image));
  await engine.startContainer(id);
  return {
    hasEnded: async () => {
      const container = await engine.inspectContainer(id);
      return (
        container === null ||
        (container.state !== 'running' && container.state !== 'created') ||
        container.restartCount > 0
      );
    },
    lastWords: async () => {
      const lines: string[] = [];
      for await (const { text } of engine.logs(id, { follow: false, tail: LAST_LOG_LINES })) lines.push(text);
      return lines.join('\n');
    },
  };
}

/** On the host's network, as the user who started it, with the state folder and the engine's socket at their host paths. */
async function containerSpec(
  { environment }: Context,
  { engine, project }: Place,
  image: string,
): Promise<ContainerSpec> {
  const { endpoint } = engine;
  if (endpoint.kind !== 'unix')
    throw new TwinhullError('TH_INTERNAL', 'a supervisor container needs the socket of the engine');
  const root = resolve(stateRoot(environment));
  const rootless = (await engine.info()).securityOptions.some((option) => option.includes('rootless'));
  const [uid, gid] = rootless ? [0, 0] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return {
    Image: image,
    Cmd: ['supervise', '--project', project, '--container', supervisorContainerName(project)],
    User: `${uid}:${gid}`,
    Env: [
      `TWINHULL_STATE_DIR=${root}`,
      `DOCKER_HOST=unix://${endpoint.socketPath}`,
      ...passedOn(environment, ['TWINHULL_GATEWAY_IMAGE', 'TZ']),
    ],
    Labels: { [LABEL.role]: 'supervisor', [LABEL.supervises]: project },
    HostConfig: {
      NetworkMode: 'host',
      RestartPolicy: { Name: 'always' },
      Mounts: [
        ...[root, endpoint.socketPath].map((path) => ({ Type: 'bind', Source: path, Target: path })),
        { Type: 'bind', Source: CONTROL_GROUPS, Target: CONTROL_GROUPS, ReadOnly: true },
      ],
      GroupAdd: [String(statSync(endpoint.socketPath).gid)],
      Init: true,
      ReadonlyRootfs: true,
      SecurityOpt: ['no-new-privileges:true'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
    },
    Networks: [],
  };
}

function passedOn(environment: Context['environment'], names: readonly string[]): string[] {
  return names.flatMap((name) => (environment[name] ? [`${name}=${environment[name]}`] : []));
}

function startProcess(context: Context, place: Place): Started {
  makePrivateFolder(place.folder);
  const logPath = join(place.folder, 'supervisor.log');
  makeRoom(logPath);
  const log = openSync(logPath, 'a', 0o600);
  const began = statSync(logPath).size;
  const program = process.argv[1] ?? '';
  const command = [process.execPath, program, 'supervise', '--project', place.project];
  const child = spawn('/bin/sh', keptRunning(RESTART_PAUSE_SECONDS, command), {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log, log],
    env: { ...context.environment, TWINHULL_STATE_DIR: resolve(stateRoot(context.environment)) },
  });
  closeSync(log);
  let ended = false;
  child.once('exit', () => (ended = true)).once('error', () => (ended = true));
  child.unref();
  return {
    hasEnded: async () => ended,
    lastWords: async () =>
      readFileSync(logPath).subarray(began).toString('utf8').trimEnd().split('\n').slice(-LAST_LOG_LINES).join('\n'),
  };
}

/** One earlier log is kept; the record itself is in the store. */
function makeRoom(logPath: string): void {
  if ((statSync(logPath, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG_BYTES)
    renameSync(logPath, `${logPath}.1`);
}

async function notStarted(started: Started): Promise<TwinhullError> {
  const words = printableText(await started.lastWords());
  return new TwinhullError(
    'TH_SUPERVISOR_SILENT',
    `the supervisor did not start${words === '' ? '' : `; it said:\n${words}`}`,
  );
}
