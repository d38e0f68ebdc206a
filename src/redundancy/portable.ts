/**
 * A service of the project in forms that every Compose understands, docker-compose 1.29 and v2 alike: short
 * forms where the long ones came later, and only keys that mean the same in both. Values stay as they were
 * written: `${VARIABLES}` are filled in by the Compose that reads the file.
 */

import type { Project } from '../compose/project.ts';
import { isMapping } from './shape.ts';

export type Raw = Readonly<Record<string, unknown>>;

/** Keys that are taken care of elsewhere, or have done their work when the files were merged. */
const DROPPED: ReadonlySet<string> = new Set([
  'x-twinhull',
  'extends',
  'scale',
  'configs',
  'develop',
  'depends_on',
  'networks',
]);

export function portableService(service: Raw, project: Project): Raw {
  const entries = Object.entries(service)
    .filter(([key, value]) => !DROPPED.has(key) && value !== null && value !== undefined)
    .map(([key, value]) => [key, portableValue(key, value)] as const);
  const mounted = [...listOf(service['volumes']).map(shortMount), ...configMounts(service, project)];
  return withoutEmpty({ ...Object.fromEntries(entries), volumes: mounted, ...limits(service) });
}

/** `deploy` as it was before it could limit processes, which has a key of its own beside it. */
function limits(service: Raw): Raw {
  const deploy: Raw = {
    ...mapOf(service['deploy']),
    ...(service['scale'] === undefined ? {} : { replicas: service['scale'] }),
  };
  const resources = mapOf(deploy['resources']);
  const pids = mapOf(resources['limits'])['pids'];
  if (pids === undefined) return { deploy };
  const rest = withoutEmpty({ ...resources, limits: omit(mapOf(resources['limits']), ['pids']) });
  return { deploy: withoutEmpty({ ...deploy, resources: rest }), pids_limit: service['pids_limit'] ?? pids };
}

function portableValue(key: string, value: unknown): unknown {
  switch (key) {
    case 'ports':
      return listOf(value).map(shortPort);
    case 'env_file':
      return listOf(value).map(shortEnvFile);
    case 'secrets':
      return listOf(value).map(shortSecret);
    case 'extra_hosts':
      return listOf(value).map((host) => (typeof host === 'string' ? host.replace('=', ':') : host));
    case 'devices':
      return listOf(value).map(shortDevice);
    case 'healthcheck':
      return omit(mapOf(value), ['start_interval']);
    default:
      return value;
  }
}

/** `[address:][port:]target[/protocol]`, which knows no mode, name and app_protocol: none of them changes what is published. */
export function shortPort(port: unknown): unknown {
  if (!isMapping(port)) return port;
  const { host_ip: hostIp, published, target, protocol } = port;
  const address = textOf(hostIp);
  const host = address === '' ? '' : `${address.includes(':') ? `[${address}]` : address}:`;
  const hostPort = textOf(published);
  const suffix = textOf(protocol) === '' || protocol === 'tcp' ? '' : `/${textOf(protocol)}`;
  return `${host}${hostPort === '' ? (host === '' ? '' : ':') : `${hostPort}:`}${textOf(target)}${suffix}`;
}

/**
 * Short where the short form says all. That a missing folder is not to be created can be said only to newer Compose;
 * the older one never creates it for the long form.
 */
function shortMount(mount: unknown): unknown {
  if (!isMapping(mount)) return mount;
  const { type, source, target, read_only: readOnly, bind, volume, tmpfs, ...rest } = mount;
  const options = [
    ...mountOptions(mapOf(bind)),
    ...(mapOf(volume)['nocopy'] === true ? ['nocopy'] : []),
    ...(readOnly === true ? ['ro'] : []),
  ];
  const isPlain =
    Object.keys(rest).length === 0 &&
    mapOf(bind)['create_host_path'] !== false &&
    Object.keys(mapOf(volume)).every((key) => key === 'nocopy');
  const isShort =
    (type === 'bind' || type === 'volume') && isPlain && !/:/.test(textOf(source).replaceAll(/\$\{[^}]*\}/g, ''));
  if (!isShort) {
    return withoutEmpty({ ...mount, bind: omit(mapOf(bind), ['create_host_path']), tmpfs: wholeSize(mapOf(tmpfs)) });
  }
  const place = source === undefined ? textOf(target) : `${hostPath(type, textOf(source))}:${textOf(target)}`;
  return options.length === 0 ? place : `${place}:${options.join(',')}`;
}

function mountOptions(bind: Raw): readonly string[] {
  return [bind['propagation'], bind['selinux']].filter((option) => typeof option === 'string');
}

/** A path of the host begins so that it cannot be taken for a volume's name. */
function hostPath(type: unknown, source: string): string {
  return type === 'bind' && !/^[./~$]/.test(source) ? `./${source}` : source;
}

function wholeSize(tmpfs: Raw): Raw {
  const size = tmpfs['size'];
  return typeof size === 'string' && /^\d+$/.test(size) ? { ...tmpfs, size: Number(size) } : tmpfs;
}

/** A file that may be missing can only be said in the long form of newer Compose. */
function shortEnvFile(file: unknown): unknown {
  if (!isMapping(file) || file['required'] === false || file['format'] !== undefined) return file;
  return file['path'];
}

function shortSecret(secret: unknown): unknown {
  if (!isMapping(secret)) return secret;
  const { source, target, mode, ...rest } = secret;
  const isDefault = target === undefined || target === `/run/secrets/${textOf(source)}`;
  if (isDefault && mode === undefined && Object.keys(rest).length === 0) return source;
  // A mode is a number in the older form; as text it is octal.
  const isOctal = typeof mode === 'string' && /^[0-7]+$/.test(mode);
  return withoutEmpty({ ...secret, mode: isOctal ? Number.parseInt(mode, 8) : mode });
}

function shortDevice(device: unknown): unknown {
  if (!isMapping(device)) return device;
  return [device['source'], device['target'], device['permissions']]
    .map(textOf)
    .filter((part) => part !== '')
    .join(':');
}

/** Configs that are files become read-only mounts, since docker-compose 1.29 ignores configs outside of a swarm. */
function configMounts(service: Raw, project: Project): readonly unknown[] {
  return listOf(service['configs']).flatMap((use) => {
    const { source, target } = isMapping(use) ? use : { source: use, target: undefined };
    const file = project.configs[textOf(source)]?.file;
    return file === undefined
      ? []
      : [`${hostPath('bind', file)}:${textOf(target) === '' ? `/${textOf(source)}` : textOf(target)}:ro`];
  });
}

/** Configs that are no files, which only Compose v2 can do; [] when there are none. */
export function otherConfigs(service: Raw, project: Project): readonly unknown[] {
  return listOf(service['configs']).filter((use) => {
    const source = isMapping(use) ? use['source'] : use;
    return project.configs[textOf(source)]?.file === undefined;
  });
}

export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

export function mapOf(value: unknown): Raw {
  return isMapping(value) ? value : {};
}

export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export function omit(map: Raw, keys: readonly string[]): Raw {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)));
}

/** Without keys that say nothing: undefined, empty lists, empty mappings. */
export function withoutEmpty(map: Raw): Raw {
  return Object.fromEntries(
    Object.entries(map).filter(([, value]) => {
      if (Array.isArray(value)) return value.length > 0;
      return value !== undefined && !(isMapping(value) && Object.keys(value).length === 0);
    }),
  );
}
