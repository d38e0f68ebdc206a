/** The engine port over the Docker Engine API. */

import { TwinhullError } from '../../errors.ts';
import type { Call, Engine, EngineInfo } from '../../ports/engine.ts';
import { EngineClient, READ_DEADLINE_MS } from './client.ts';
import { createContainer } from './container-creation.ts';
import * as containers from './containers.ts';
import { type Endpoint, type Environment, resolveEndpoint } from './endpoint.ts';
import { subscribe } from './events.ts';
import { exec } from './exec.ts';
import { inspectImage, pullImage } from './images.ts';
import { readLogs } from './logs.ts';
import * as networks from './networks.ts';
import { count, field, flag, text, texts } from './reading.ts';
import * as volumes from './volumes.ts';

export interface DockerEngine extends Engine {
  readonly endpoint: Endpoint;
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
    close: async () => await client.close(),
    info: async (call) => await readInfo(client, call),
    ...containerCalls(client),
    ...networkAndVolumeCalls(client),
    events: async (options, call) =>
      await subscribe(
        client,
        options,
        endpoint.kind === 'unix',
        async () => await containers.listContainers(client, options, call),
        call,
      ),
    logs: (id, options, call) => readLogs(client, id, options, call),
    exec: async (id, command, options, call) => await exec(client, id, command, options, call),
    inspectImage: async (reference, call) => await inspectImage(client, reference, call),
    pullImage: async (reference, options, call) => await pullImage(client, environment, reference, options, call),
  };
}

type ContainerCalls = Pick<
  Engine,
  | 'listContainers'
  | 'inspectContainer'
  | 'createContainer'
  | 'startContainer'
  | 'stopContainer'
  | 'restartContainer'
  | 'killContainer'
  | 'pauseContainer'
  | 'unpauseContainer'
  | 'renameContainer'
  | 'removeContainer'
  | 'setRestartPolicy'
>;

function containerCalls(client: EngineClient): ContainerCalls {
  return {
    listContainers: async (filter, call) => await containers.listContainers(client, filter, call),
    inspectContainer: async (idOrName, call) => await containers.inspectContainer(client, idOrName, call),
    createContainer: async (name, spec, call) => await createContainer(client, name, spec, call),
    startContainer: async (id, call) => await containers.startContainer(client, id, call),
    stopContainer: async (id, { timeoutSeconds }, call) =>
      await containers.stopContainer(client, id, timeoutSeconds, call),
    restartContainer: async (id, { timeoutSeconds }, call) =>
      await containers.restartContainer(client, id, timeoutSeconds, call),
    killContainer: async (id, signalName, call) => await containers.killContainer(client, id, signalName, call),
    pauseContainer: async (id, call) => await containers.pauseContainer(client, id, call),
    unpauseContainer: async (id, call) => await containers.unpauseContainer(client, id, call),
    renameContainer: async (id, name, call) => await containers.renameContainer(client, id, name, call),
    removeContainer: async (id, options, call) => await containers.removeContainer(client, id, options, call),
    setRestartPolicy: async (id, policy, call) => await containers.setRestartPolicy(client, id, policy, call),
  };
}

type NetworkAndVolumeCalls = Pick<
  Engine,
  | 'listNetworks'
  | 'inspectNetwork'
  | 'createNetwork'
  | 'removeNetwork'
  | 'connectNetwork'
  | 'disconnectNetwork'
  | 'listVolumes'
  | 'inspectVolume'
  | 'createVolume'
  | 'removeVolume'
>;

function networkAndVolumeCalls(client: EngineClient): NetworkAndVolumeCalls {
  return {
    listNetworks: async (filter, call) => await networks.listNetworks(client, filter, call),
    inspectNetwork: async (idOrName, call) => await networks.inspectNetwork(client, idOrName, call),
    createNetwork: async (spec, call) => await networks.createNetwork(client, spec, call),
    removeNetwork: async (idOrName, call) => await networks.removeNetwork(client, idOrName, call),
    connectNetwork: async (attachment, id, call) => await networks.connectNetwork(client, attachment, id, call),
    disconnectNetwork: async (network, id, { force }, call) =>
      await networks.disconnectNetwork(client, network, id, force, call),
    listVolumes: async (filter, call) => await volumes.listVolumes(client, filter, call),
    inspectVolume: async (name, call) => await volumes.inspectVolume(client, name, call),
    createVolume: async (spec, call) => await volumes.createVolume(client, spec, call),
    removeVolume: async (name, call) => await volumes.removeVolume(client, name, call),
  };
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
    cgroupVersion: field(document, 'CgroupVersion') === '2' ? '2' : '1',
    liveRestore: flag(field(document, 'LiveRestoreEnabled')),
    swarmActive: text(field(field(document, 'Swarm'), 'LocalNodeState')) === 'active',
    securityOptions: texts(field(document, 'SecurityOptions')),
  };
}
