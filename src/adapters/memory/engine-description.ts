/** How the engine in memory describes what it has. */

import type { Container, ContainerSpec, EngineInfo, Image, ListFilter } from '../../ports/engine.ts';
import type { MemoryContainer } from './engine-container.ts';

const SHORT_ID = 12;

export function describeEngine(id: string): EngineInfo {
  return {
    id,
    version: '0.0.0-memory',
    apiVersion: '1.41',
    os: 'linux',
    architecture: 'x86_64',
    cpus: 2,
    memoryBytes: 8 * 1024 ** 3,
    dataRoot: '/var/lib/docker',
    cgroupVersion: '2',
    liveRestore: true,
    swarmActive: false,
    securityOptions: [],
  };
}

/** @param addressOn the address the container holds on a network now; '' for none */
export function describeContainer(container: MemoryContainer, addressOn: (network: string) => string): Container {
  const { id, name, imageId, state, health, healthFailingStreak, healthOutput, exitCode, oomKilled, error, pid } =
    container;
  const { createdAt, startedAt, finishedAt, restartCount, mounts, ports } = container;
  const networks = [...container.attachments].map(([network, { aliases }]) => [
    network,
    { ipv4: addressOn(network), aliases: [...aliases, id.slice(0, SHORT_ID)] },
  ]);
  return {
    id,
    name,
    image: container.spec.Image,
    imageId,
    labels: container.spec.Labels,
    state,
    health,
    healthFailingStreak,
    healthOutput,
    exitCode,
    oomKilled,
    error,
    pid,
    createdAt,
    startedAt,
    finishedAt,
    restartCount,
    restartPolicy: container.policy,
    networks: Object.fromEntries(networks),
    mounts,
    ports,
    ...(container.jammed && { partial: true }),
  };
}

export function matches(labels: Readonly<Record<string, string>>, { labels: wanted = {} }: ListFilter): boolean {
  return Object.entries(wanted).every(
    ([key, value]) => Object.hasOwn(labels, key) && (value === '' || labels[key] === value),
  );
}

/** The mounts of a new container: those of the spec, and anonymous volumes for the image's other folders. */
export function plannedMounts(spec: ContainerSpec, image: Image, newName: () => string): Container['mounts'] {
  const asked = [...bindsOf(spec.HostConfig['Binds']), ...mountsOf(spec.HostConfig['Mounts'], newName)];
  const folders = [...new Set([...Object.keys(spec.Volumes ?? {}), ...image.volumes])];
  const anonymous = folders.filter((folder) => asked.every((mount) => mount.destination !== folder));
  return [...asked, ...anonymous.map((destination) => volumeMount(newName(), destination, true))];
}

/** With those of the containers in `VolumesFrom` as they are now; its own stand in their way. */
export function withMountsOf(
  own: Container['mounts'],
  { HostConfig }: ContainerSpec,
  mountsOf: (container: string) => Container['mounts'],
): Container['mounts'] {
  const from = Array.isArray(HostConfig['VolumesFrom']) ? HostConfig['VolumesFrom'] : [];
  const others = from.flatMap((written) => {
    const [container = '', mode] = String(written).split(':');
    return mountsOf(container).map((mount) => ({ ...mount, writable: mount.writable && mode !== 'ro' }));
  });
  return [...own, ...others.filter(({ destination }) => own.every((mount) => mount.destination !== destination))];
}

type Mount = Container['mounts'][number];

function volumeMount(name: string, destination: string, writable: boolean): Mount {
  return { type: 'volume', name, source: `/volumes/${name}/_data`, destination, writable };
}

function bindsOf(value: unknown): Mount[] {
  return (Array.isArray(value) ? value : []).map((text: unknown) => {
    const [source = '', destination = '', options = ''] = String(text).split(':');
    const writable = !options.split(',').includes('ro');
    if (!source.startsWith('/')) return volumeMount(source, destination, writable);
    return { type: 'bind', name: '', source, destination, writable };
  });
}

function mountsOf(value: unknown, newName: () => string): Mount[] {
  return (Array.isArray(value) ? value : []).map((mount: unknown) => {
    const part = (name: string): unknown =>
      typeof mount === 'object' && mount !== null ? Reflect.get(mount, name) : undefined;
    const words = (name: string): string => {
      const value = part(name);
      return typeof value === 'string' ? value : '';
    };
    const writable = part('ReadOnly') !== true;
    if (words('Type') === 'volume') return volumeMount(words('Source') || newName(), words('Target'), writable);
    return { type: words('Type'), name: '', source: words('Source'), destination: words('Target'), writable };
  });
}
