/**
 * The one-writer rule: a service with state of its own must not run twice, because most programs destroy data
 * that two of them write. State is what a member can write and another member would see, or would miss: writable
 * volumes and bind mounts, and the VOLUMEs of its image.
 */

import type { Mount, Service } from '../compose/project.ts';
import type { Image } from '../ports/engine.ts';
import { knownImage } from './known-images.ts';

/** Where a service keeps state, as people write it: "db-data:/var/lib/mysql". */
export interface State {
  /** empty: it has none */
  readonly places: readonly string[];
  /** those of them that each container would have for itself, because nobody has given the volume a name */
  readonly unnamed: readonly string[];
}

export function stateOf(service: Service, image: Image | null): State {
  const mounts = (service.volumes ?? []).filter(isWritable);
  const named = mounts.filter(({ source }) => source !== undefined).map(({ source, target }) => `${source}:${target}`);
  const borrowed = (service.volumes_from ?? [])
    .filter((from) => !from.endsWith(':ro'))
    .map((from) => `volumes_from ${from}`);
  const unnamed = [
    ...mounts.filter(({ source }) => source === undefined).map(({ target }) => `anonymous volume:${target}`),
    ...uncovered(service, declaredVolumes(service, image)).map((target) => `VOLUME ${target} of the image`),
  ];
  return { places: [...named, ...borrowed, ...unnamed], unnamed };
}

/** Folders that the project does not mount anything over. */
function uncovered(service: Service, targets: readonly string[]): readonly string[] {
  const mounted = (service.volumes ?? []).map(({ target }) => target);
  const covered = new Set([...mounted, ...temporaryFolders(service)].map(withoutSlash));
  return targets.filter((target) => !covered.has(withoutSlash(target)));
}

function declaredVolumes(service: Service, image: Image | null): readonly string[] {
  if (image) return image.volumes;
  const known = knownImage(service.image ?? '');
  return known?.data === undefined ? [] : [known.data];
}

function isWritable(mount: Mount): boolean {
  if (mount.read_only === true) return false;
  switch (mount.type) {
    case 'bind':
      return !isHostInterface(mount.source ?? '', mount.target) && !isConfigurationFile(mount);
    case 'volume':
    case 'cluster':
      return true;
    case 'tmpfs':
    case 'npipe':
    case 'image':
      return false;
  }
}

/** Sockets, devices and clocks of the host: used by many at once every day. */
function isHostInterface(source: string, target: string): boolean {
  const interfaces =
    /^\/(?:dev|proc|sys|run|var\/run|tmp\/\.X11-unix|lib\/modules)(?:\/|$)|^\/etc\/(?:localtime|timezone|hosts|resolv\.conf|machine-id)$/;
  return interfaces.test(source) || /\.sock(?:et)?$/.test(source) || target.endsWith('.sock');
}

/**
 * A single file mounted over a configuration file: people seldom write `:ro` there, and no program keeps its data
 * in such a file. Told by its name alone, and only where both ends are a file of the same kind.
 */
function isConfigurationFile(mount: Mount): boolean {
  const kinds =
    /(?:\.(?:conf|cfg|cnf|ini|ya?ml|toml|properties|crt|cer|pem|key|pub|env|html?|sh|tmpl|template|tpl)|\/Caddyfile|\/\.?htpasswd)$/;
  return kinds.test(mount.source ?? '') && kinds.test(mount.target);
}

function temporaryFolders(service: Service): readonly string[] {
  const tmpfs = service['tmpfs'];
  const entries: readonly unknown[] = Array.isArray(tmpfs) ? tmpfs : [tmpfs];
  return entries.flatMap((entry) => (typeof entry === 'string' ? [entry.split(':')[0] ?? ''] : []));
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}
