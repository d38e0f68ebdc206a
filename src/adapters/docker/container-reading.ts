import type { Container, ContainerState, EngineHealth } from '../../ports/engine.ts';
import { count, entries, field, flag, list, text, textMap, texts, time } from './reading.ts';

const HEALTH_OUTPUT_CHARACTERS = 4096;

/** An inspect document. */
export function readContainer(document: unknown): Container {
  const config = field(document, 'Config');
  const state = field(document, 'State');
  const settings = field(document, 'NetworkSettings');
  return {
    id: text(field(document, 'Id')),
    name: text(field(document, 'Name')).replace(/^\//, ''),
    image: text(field(config, 'Image')),
    imageId: text(field(document, 'Image')),
    labels: textMap(field(config, 'Labels')),
    ...readState(state),
    ...readHealth(field(state, 'Health'), field(field(config, 'Healthcheck'), 'Test')),
    createdAt: time(field(document, 'Created')),
    restartCount: count(field(document, 'RestartCount')),
    restartPolicy: readPolicy(field(field(field(document, 'HostConfig'), 'RestartPolicy'), 'Name')),
    networks: readNetworks(field(settings, 'Networks')),
    mounts: list(field(document, 'Mounts')).map(readMount),
    ports: readPorts(field(settings, 'Ports')),
  };
}

/**
 * An entry of the list, for a container whose inspect the engine does not answer in time: the list comes from
 * the engine's own copy, which a container that hangs does not block (moby#18848). Times and counts are unknown.
 */
export function readSummary(document: unknown): Container {
  const status = text(field(document, 'Status'));
  return {
    id: text(field(document, 'Id')),
    name: text(list(field(document, 'Names'))[0]).replace(/^\//, ''),
    image: text(field(document, 'Image')),
    imageId: text(field(document, 'ImageID')),
    labels: textMap(field(document, 'Labels')),
    state: readStateName(field(document, 'State')),
    health: readHealthName(/\((?:health: )?(\w+)\)$/.exec(status)?.[1]),
    healthFailingStreak: 0,
    healthOutput: '',
    exitCode: Number(/^(?:Exited|Restarting) \((\d+)\)/.exec(status)?.[1] ?? 0),
    oomKilled: false,
    error: '',
    pid: 0,
    createdAt: count(field(document, 'Created')) * 1000,
    startedAt: 0,
    finishedAt: 0,
    restartCount: 0,
    restartPolicy: 'no',
    networks: readNetworks(field(field(document, 'NetworkSettings'), 'Networks')),
    mounts: list(field(document, 'Mounts')).map(readMount),
    ports: {},
    partial: true,
  };
}

function readState(
  state: unknown,
): Pick<Container, 'state' | 'exitCode' | 'oomKilled' | 'error' | 'pid' | 'startedAt' | 'finishedAt'> {
  return {
    state: readStateName(field(state, 'Status')),
    exitCode: count(field(state, 'ExitCode')),
    oomKilled: flag(field(state, 'OOMKilled')),
    error: text(field(state, 'Error')),
    pid: count(field(state, 'Pid')),
    startedAt: time(field(state, 'StartedAt')),
    finishedAt: time(field(state, 'FinishedAt')),
  };
}

function readStateName(value: unknown): ContainerState {
  const known: readonly ContainerState[] = ['created', 'running', 'paused', 'restarting', 'exited', 'dead', 'removing'];
  return known.find((name) => name === value) ?? 'dead';
}

/** Until its first start, and for a moment after, a container with a health check has no health of its own. */
function readHealth(
  health: unknown,
  test: unknown,
): Pick<Container, 'health' | 'healthFailingStreak' | 'healthOutput'> {
  const last = list(field(health, 'Log')).at(-1);
  const [kind = 'NONE'] = texts(test);
  return {
    health: kind !== 'NONE' && health == null ? 'starting' : readHealthName(field(health, 'Status')),
    healthFailingStreak: count(field(health, 'FailingStreak')),
    healthOutput: text(field(last, 'Output')).slice(0, HEALTH_OUTPUT_CHARACTERS),
  };
}

function readHealthName(value: unknown): EngineHealth {
  return value === 'starting' || value === 'healthy' || value === 'unhealthy' ? value : 'none';
}

function readPolicy(value: unknown): Container['restartPolicy'] {
  return value === 'always' || value === 'unless-stopped' || value === 'on-failure' ? value : 'no';
}

function readNetworks(networks: unknown): Container['networks'] {
  return Object.fromEntries(
    entries(networks).map(([name, endpoint]) => [
      name,
      { ipv4: text(field(endpoint, 'IPAddress')), aliases: texts(field(endpoint, 'Aliases')) },
    ]),
  );
}

function readMount(mount: unknown): Container['mounts'][number] {
  return {
    type: text(field(mount, 'Type')),
    name: text(field(mount, 'Name')),
    source: text(field(mount, 'Source')),
    destination: text(field(mount, 'Destination')),
    writable: flag(field(mount, 'RW')),
  };
}

/** Exposed ports that are not published have null here, and are left out. */
function readPorts(ports: unknown): Container['ports'] {
  const published = entries(ports).filter(([, bindings]) => list(bindings).length > 0);
  return Object.fromEntries(published.map(([port, bindings]) => [port, list(bindings).map(readBinding)]));
}

function readBinding(binding: unknown): { hostIp: string; hostPort: number } {
  return { hostIp: text(field(binding, 'HostIp')), hostPort: Number(text(field(binding, 'HostPort'))) || 0 };
}
