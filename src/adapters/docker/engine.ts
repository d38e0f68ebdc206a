/** The engine port over the Docker Engine API. */

import { TwinhullError } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Call, Engine, EngineInfo } from '../../ports/engine.ts';
import { EngineClient, READ_DEADLINE_MS } from './client.ts';
import { createContainer } from './container-creation.ts';
import * as containers from './containers.ts';
import { type Endpoint, type Environment, resolveEndpoint } from './endpoint.ts';
import { subscribe } from './events.ts';
import { exec } from './exec.ts';
import { inspectImage, pullImage } from './images.ts';
import { readLogs } from './logs.ts';
import { fileInContainer } from './container-files.ts';
import * as networks from './networks.ts';
import { count, field, flag, text, texts } from './reading.ts';
import { StatisticsSource } from './stats.ts';
import * as volumes from './volumes.ts';

export interface DockerEngine extends Engine {
  readonly endpoint: Endpoint;
  /** What containers use, as the engine counts it: slow. */
  statistics(clock: Clock): StatisticsSource;
  /** Ends every call under way. */
  close(): Promise<void>;
}

/**
 * Speaks to the engine that the docker command line would speak to, given the same environment. Asks nothing
 * yet. Throws `TH_ENGINE_UNREACHABLE` for an address that cannot be used (ssh, an unknown context).
 */
export function openDockerEngine(environment: Environment): DockerEngine {
  const endpoint = resolveEndpoint(environment);
  const client = new EngineClient(endpoint);
  return {
    endpoint,
    close: () => client.close(),
    statistics: (clock) => new StatisticsSource(client, clock),
    info: (call) => readInfo(client, call),
    ...containerCalls(client),
    ...networkAndVolumeCalls(client),
    events: (options, call) =>
      subscribe(
        client,
        options,
        endpoint.kind === 'unix',
        () => containers.listContainers(client, options, call),
        call,
      ),
    logs: (id, options, call) => readLogs(client, id, options, call),
    exec: (id, command, options, call) => exec(client, id, command, options, call),
    statFile: (id, path, call) => fileInContainer(client, id, path, call),
    inspectImage: (reference, call) => inspectImage(client, reference, call),
    pullImage: (reference, options, call) => pullImage(client, environment, reference, options, call),
  };
}

function containerCalls(client: EngineClient) {
  return {
    listContainers: (filter, call) => containers.listContainers(client, filter, call),
    inspectContainer: (idOrName, call) => containers.inspectContainer(client, idOrName, call),
    createContainer: (name, spec, call) => createContainer(client, name, spec, call),
    startContainer: (id, call) => containers.startContainer(client, id, call),
    stopContainer: (id, { timeoutSeconds }, call) => containers.stopContainer(client, id, timeoutSeconds, call),
    restartContainer: (id, { timeoutSeconds }, call) => containers.restartContainer(client, id, timeoutSeconds, call),
    killContainer: (id, signalName, call) => containers.killContainer(client, id, signalName, call),
    pauseContainer: (id, call) => containers.pauseContainer(client, id, call),
    unpauseContainer: (id, call) => containers.unpauseContainer(client, id, call),
    renameContainer: (id, name, call) => containers.renameContainer(client, id, name, call),
    removeContainer: (id, options, call) => containers.removeContainer(client, id, options, call),
    setRestartPolicy: (id, policy, call) => containers.setRestartPolicy(client, id, policy, call),
    setCpuLimit: (id, cpus, call) => containers.setCpuLimit(client, id, cpus, call),
  } satisfies Partial<Engine>;
}

function networkAndVolumeCalls(client: EngineClient) {
  return {
    listNetworks: (filter, call) => networks.listNetworks(client, filter, call),
    inspectNetwork: (idOrName, call) => networks.inspectNetwork(client, idOrName, call),
    createNetwork: (spec, call) => networks.createNetwork(client, spec, call),
    removeNetwork: (idOrName, call) => networks.removeNetwork(client, idOrName, call),
    connectNetwork: (attachment, id, call) => networks.connectNetwork(client, attachment, id, call),
    disconnectNetwork: (network, id, { force }, call) => networks.disconnectNetwork(client, network, id, force, call),
    listVolumes: (filter, call) => volumes.listVolumes(client, filter, call),
    inspectVolume: (name, call) => volumes.inspectVolume(client, name, call),
    createVolume: (spec, call) => volumes.createVolume(client, spec, call),
    removeVolume: (name, call) => volumes.removeVolume(client, name, call),
  } satisfies Partial<Engine>;
}

async function readInfo(client: EngineClient, call: Call = {}): Promise<EngineInfo> {
  const { document } = await client.request({
    method: 'GET',
    path: '/info',
    deadlineMs: call.deadlineMs ?? READ_DEADLINE_MS,
    signal: call.signal,
  });
  const id = text(field(document, 'ID'));
  if (id === '') throw new TwinhullError('TH_ENGINE_REFUSED', 'the engine does not tell its id');
  return {
    id,
    version: text(field(document, 'ServerVersion')),
    apiVersion: (await client.apiVersion(call.signal)).join('.'),
    os: text(field(document, 'OSType')),
    architecture: text(field(document, 'Architecture')),
    cpus: count(field(document, 'NCPU')),
    memoryBytes: count(field(document, 'MemTotal')),
    dataRoot: text(field(document, 'DockerRootDir')),
    cgroupVersion: field(document, 'CgroupVersion') === '2' ? '2' : '1',
    liveRestore: flag(field(document, 'LiveRestoreEnabled')),
    swarmActive: text(field(field(document, 'Swarm'), 'LocalNodeState')) === 'active',
    securityOptions: texts(field(document, 'SecurityOptions')),
  };
}
