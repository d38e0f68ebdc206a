/**
 * Volumes of every kind. A bind whose folder Compose would create goes the engine's older way (`Binds`), the
 * only one that creates it on every version; all others are `Mounts`.
 */

import type { ContainerContext, ContainerDraft } from '../keys/key.ts';
import type { Mount } from '../project.ts';
import { speaks } from './fields.ts';

interface BindOptions {
  readonly propagation?: string;
  readonly create_host_path?: boolean;
  readonly recursive?: 'enabled' | 'disabled' | 'writable' | 'readonly';
  readonly selinux?: 'z' | 'Z';
}

/** The options that shape a mount of each type; canonical. */
type FullMount = Mount & {
  readonly bind?: BindOptions;
  readonly volume?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly nocopy?: boolean;
    readonly subpath?: string;
  };
  readonly tmpfs?: { readonly size?: string; readonly mode?: string };
  readonly image?: { readonly subpath?: string };
};

/** The engine's Mount. */
export interface EngineMount {
  readonly Type: string;
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly [options: string]: unknown;
}

export function putVolumes(draft: ContainerDraft, value: readonly FullMount[], context: ContainerContext): void {
  for (const mount of value) {
    if (mount.type === 'bind' && fitsBinds(mount)) append(draft, 'Binds', bindText(mount));
    else addMount(draft, mount, context);
  }
}

export function putTmpfs(draft: ContainerDraft, value: readonly string[]): void {
  draft.HostConfig['Tmpfs'] = Object.fromEntries(
    value.map((written) => {
      const colon = written.indexOf(':');
      return colon < 0 ? [written, ''] : [written.slice(0, colon), written.slice(colon + 1)];
    }),
  );
}

/** "service", "service:ro", "container:name:ro". */
export function putVolumesFrom(draft: ContainerDraft, value: readonly string[], { host }: ContainerContext): void {
  draft.HostConfig['VolumesFrom'] = value.map((written) => {
    if (written.startsWith('container:')) return written.slice('container:'.length);
    const [service = '', mode] = written.split(':');
    return mode === undefined ? host.containerOf(service) : `${host.containerOf(service)}:${mode}`;
  });
}

/** Appends to a list of HostConfig. */
export function append(draft: ContainerDraft, list: 'Binds' | 'Mounts', item: string | EngineMount): void {
  const before = draft.HostConfig[list];
  draft.HostConfig[list] = [...(Array.isArray(before) ? before : []), item];
}

function addMount(draft: ContainerDraft, mount: FullMount, context: ContainerContext): void {
  const made = engineMount(mount, context);
  if (typeof made === 'string') context.refuse(`volumes (${mount.target})`, made);
  else append(draft, 'Mounts', made);
}

/** A colon in a path would be read as a border. */
function fitsBinds({ source = '', target, bind = {} }: FullMount): boolean {
  const isPlain = bind.recursive === undefined || bind.recursive === 'enabled';
  return bind.create_host_path !== false && isPlain && !source.includes(':') && !target.includes(':');
}

function bindText({ source = '', target, read_only, bind = {} }: FullMount): string {
  const options = [read_only === true ? 'ro' : 'rw', bind.selinux, bind.propagation].filter(
    (option) => option !== undefined,
  );
  return `${source}:${target}:${options.join(',')}`;
}

/** A mount, or the reason why there is none. */
function engineMount(mount: FullMount, context: ContainerContext): EngineMount | string {
  const common = { Target: mount.target, ...(mount.read_only === true && { ReadOnly: true }) };
  switch (mount.type) {
    case 'bind':
      return bindMount(mount, common, context);
    case 'volume':
      return volumeMount(mount, common, context);
    case 'tmpfs':
      return { Type: 'tmpfs', ...common, TmpfsOptions: tmpfsOptions(mount.tmpfs ?? {}) };
    case 'image':
      if (!speaks(context, 48)) return 'the engine is too old for image mounts (Docker 28 or later)';
      return {
        Type: 'image',
        Source: mount.source ?? '',
        ...common,
        ...(mount.image?.subpath !== undefined && { ImageOptions: { Subpath: mount.image.subpath } }),
      };
    case 'npipe':
      return 'named pipes are for Windows containers';
    case 'cluster':
      return 'cluster volumes need a Swarm';
  }
}

type Common = { readonly Target: string; readonly ReadOnly?: boolean };

function bindMount(
  { source = '', bind = {} }: FullMount,
  common: Common,
  context: ContainerContext,
): EngineMount | string {
  const creates = bind.create_host_path !== false;
  if (bind.recursive === 'writable' || bind.recursive === 'readonly') {
    if (!speaks(context, 44)) return `the engine is too old for recursive: ${bind.recursive} (Docker 25 or later)`;
  }
  if (creates && !speaks(context, 42))
    return 'the engine is too old to create this folder on the host (Docker 23 or later); set create_host_path: false';
  const options = {
    ...(bind.propagation !== undefined && { Propagation: bind.propagation }),
    ...(creates && { CreateMountpoint: true }),
    ...(bind.recursive === 'disabled' && { NonRecursive: true }),
    ...(bind.recursive === 'writable' && { ReadOnlyNonRecursive: true }),
    ...(bind.recursive === 'readonly' && { ReadOnlyForceRecursive: true }),
  };
  return { Type: 'bind', Source: source, ...common, BindOptions: options };
}

/** Without a source the engine makes an anonymous volume. */
function volumeMount(
  { source, volume = {} }: FullMount,
  common: Common,
  context: ContainerContext,
): EngineMount | string {
  if (volume.subpath !== undefined && !speaks(context, 45))
    return 'the engine is too old for subpath (Docker 26 or later)';
  const options = {
    ...(volume.nocopy === true && { NoCopy: true }),
    ...(volume.labels !== undefined && { Labels: volume.labels }),
    ...(volume.subpath !== undefined && { Subpath: volume.subpath }),
  };
  const name = source === undefined ? undefined : (context.project.volumes[source]?.name ?? source);
  return {
    Type: 'volume',
    ...(name !== undefined && { Source: name }),
    ...common,
    ...(Object.keys(options).length > 0 && { VolumeOptions: options }),
  };
}

/** Permissions with a leading zero are octal, others decimal, as YAML reads them for Compose. */
function tmpfsOptions({ size, mode }: NonNullable<FullMount['tmpfs']>): Record<string, number> {
  return {
    ...(size !== undefined && { SizeBytes: Number(size) }),
    ...(mode !== undefined && { Mode: Number.parseInt(mode.replace(/^0o/, '0'), mode.startsWith('0') ? 8 : 10) }),
  };
}
