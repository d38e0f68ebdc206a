import type { Call, Container, Engine, Image, Network, Volume } from '../ports/engine.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { LABEL } from '../labels.ts';
import { type GatewayBlueprint, gatewayBlueprint } from './blueprint.ts';
import { deadlines, within } from './deadlines.ts';
import { join } from 'node:path';
import type { World } from './world.ts';

/** What is there already of a fleet, and what stands in its way: all that a plan depends on. */
export interface Existing {
  /** the project's, ours and others', without one-off ones (`docker compose run`) */
  readonly containers: readonly Container[];
  /** everybody else's on this engine */
  readonly others: readonly Container[];
  /** by engine name; null: not there */
  readonly networks: ReadonlyMap<string, Network | null>;
  readonly volumes: ReadonlyMap<string, Volume | null>;
  /** by reference */
  readonly images: ReadonlyMap<string, Image | null>;
  /** by service */
  readonly gateways: ReadonlyMap<string, GatewaySeen>;
}

export interface GatewaySeen {
  /** its folder holds its files; if not, a running gateway is cut off from us and must be made anew */
  readonly hasFiles: boolean;
  /** its folder holds the configuration that it should have: what it starts with next */
  readonly hasConfiguration: boolean;
  /** it runs with the configuration that it should have */
  readonly isConfigured: boolean;
  /** null: spread, or it does not answer */
  readonly leader: string | null;
  readonly answers: boolean;
  /** members that are out of traffic or on their way out */
  readonly notIn: readonly string[];
}

/** @returns the gateways that the fleet wants, by service */
export function blueprintsOf(
  fleet: Fleet,
  world: Pick<World, 'driver' | 'stateFolder'>,
): Map<string, GatewayBlueprint> {
  const { driver, stateFolder } = world;
  return new Map(
    fleet.services.flatMap(({ name, gateway }) =>
      gateway ? [[name, gatewayBlueprint(name, gateway, driver, stateFolder)]] : [],
    ),
  );
}

export async function readExisting(fleet: Fleet, world: World, signal?: AbortSignal): Promise<Existing> {
  const { engine } = world;
  const call = within(deadlines.read, signal);
  const blueprints = blueprintsOf(fleet, world);
  const networkNames = [
    ...fleet.networks.map(({ spec }) => spec.name),
    ...fleet.services.flatMap(({ gateway }) => gateway?.network.name ?? []),
  ];
  const [all, networks, volumes, images, gateways] = await Promise.all([
    engine.listContainers({}, call),
    byKey(networkNames, (name) => engine.inspectNetwork(name, call)),
    byKey(
      fleet.volumes.map(({ spec }) => spec.name),
      (name) => engine.inspectVolume(name, call),
    ),
    readImages(fleet, blueprints, world, call),
    byKey([...blueprints.keys()], (service) => readGateway(blueprints.get(service), world, call.signal)),
  ]);
  const isOurProject = (container: Container): boolean => container.labels[LABEL.project] === fleet.project;
  return {
    containers: all.filter((container) => isOurProject(container) && !isOneOff(container)),
    others: all.filter((container) => !isOurProject(container)),
    networks,
    volumes,
    images,
    gateways,
  };
}

/** What the fleet's images are now; after a pull or a build the answer is another. */
export function readImages(
  fleet: Fleet,
  blueprints: ReadonlyMap<string, GatewayBlueprint>,
  { engine }: Pick<World, 'engine'>,
  call: Call,
): Promise<Map<string, Image | null>> {
  const references = [
    ...fleet.services.map(({ image }) => image.reference),
    ...[...blueprints.values()].map(({ container }) => container.spec.Image),
  ];
  return byKey(references, (reference) => engine.inspectImage(reference, call));
}

/** Anything of the project that is ours; true also when the engine cannot be asked. */
export function isAnythingThere(engine: Engine, project: string): Promise<boolean> {
  return engine.listContainers({ labels: { [LABEL.project]: project, [LABEL.ours]: '' } }).then(
    (containers) => containers.length > 0,
    () => true,
  );
}

export function isOneOff({ labels }: Pick<Container, 'labels'>): boolean {
  return labels[LABEL.oneOff] === 'True';
}

export function isOurs({ labels }: Pick<Container, 'labels'>): boolean {
  return labels[LABEL.ours] !== undefined;
}

async function byKey<Value>(
  keys: readonly string[],
  read: (key: string) => Promise<Value>,
): Promise<Map<string, Value>> {
  return new Map(await Promise.all([...new Set(keys)].map(async (key) => [key, await read(key)] as const)));
}

const silent = { isConfigured: false, leader: null, answers: false, notIn: [] } as const;

/** A gateway that does not answer within a second is planned for as silent; nothing is concluded from it. */
export async function readGateway(
  blueprint: GatewayBlueprint | undefined,
  { driver, files: disk }: Pick<World, 'driver' | 'files'>,
  signal: AbortSignal,
): Promise<GatewaySeen> {
  if (!blueprint) return { hasFiles: false, hasConfiguration: false, ...silent };
  const files = Object.entries(blueprint.files(null));
  const path = (name: string): string => join(blueprint.folder, name);
  const hasFiles = (await Promise.all(files.map(([name]) => disk.exists(path(name))))).every(Boolean);
  if (!hasFiles) return { hasFiles, hasConfiguration: false, ...silent };
  const configuration = files.filter(([, { kind }]) => kind === 'configuration');
  const hasConfiguration = (
    await Promise.all(configuration.map(([name, { text, mode }]) => disk.isSo(path(name), text, mode)))
  ).every(Boolean);
  try {
    const reading = await driver.open(blueprint.config, blueprint.folder).read(within(1000, signal).signal);
    const notIn = reading.servers.filter(({ traffic }) => traffic !== 'in').map(({ member }) => member);
    const isConfigured = reading.configuration === driver.configuration(blueprint.config);
    return { hasFiles, hasConfiguration, isConfigured, leader: reading.leader, answers: true, notIn };
  } catch {
    return { hasFiles, hasConfiguration, ...silent };
  }
}
