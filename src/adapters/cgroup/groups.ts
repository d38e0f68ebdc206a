/**
 * Where the control groups of a container are. Its first process says so in /proc/PID/cgroup, as long as that
 * process is the same one here and for the engine: within a container of our own it is another one, or none. So a
 * group counts only if its name holds the container's id; and where /proc tells nothing of it, the two places are
 * looked at in which Docker puts groups (its cgroupfs and its systemd driver).
 */

/** The controllers that are read, each by a folder of its own in version 1, by one folder for all in version 2. */
export type Controller = 'memory' | 'cpu' | 'cpuacct' | 'pids';

export interface Group {
  readonly version: 1 | 2;
  readonly folder: string;
}

/** A hierarchy that is mounted here. */
export interface Hierarchy {
  /** of version 1; empty: version 2 */
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  /** the group that the mount point shows */
  readonly root: string;
}

/** Lines of /proc/self/mountinfo: id parent device root mount-point options ... - type source super-options. */
export function readHierarchies(mountinfo: string): readonly Hierarchy[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [place = '', kind = ''] = line.split(' - ');
    const [, , , root = '', mountPoint = ''] = place.split(' ');
    const [type, , options = ''] = kind.split(' ');
    if (type === 'cgroup2') return [{ controllers: [], mountPoint, root }];
    return type === 'cgroup' ? [{ controllers: options.split(','), mountPoint, root }] : [];
  });
}

/**
 * The path of each controller's group, '' being version 2, in /proc/PID/cgroup, cut behind the part that holds the
 * container's id: an init system inside may have made groups of its own. Empty when none holds it.
 */
export function readMembership(text: string, containerId: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').flatMap((line) => {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const own = pathOf(path, containerId);
    return own === null ? [] : controllers.split(',').map((controller) => [controller, own] as const);
  });
  return new Map(lines);
}

function pathOf(path: string, containerId: string): string | null {
  const parts = path.split('/');
  const at = parts.findIndex((part) => part.includes(containerId));
  return at < 0 || parts.includes('..') ? null : parts.slice(0, at + 1).join('/');
}

/** Where Docker puts a container's group unless it is told otherwise. */
export function usualPaths(containerId: string): readonly string[] {
  return [`/docker/${containerId}`, `/system.slice/docker-${containerId}.scope`];
}

/** The folder of a controller's group; version 1 where this controller is mounted, else version 2. Null: not mounted. */
export function groupOf(
  hierarchies: readonly Hierarchy[],
  controller: Controller,
  pathFor: (controller: string) => string | undefined,
): Group | null {
  const first = hierarchies.find(({ controllers }) => controllers.includes(controller));
  const found = first ?? hierarchies.find(({ controllers }) => controllers.length === 0);
  const path = found && pathFor(first ? controller : '');
  const folder = found && path !== undefined ? below(found, path) : null;
  return folder === null ? null : { version: first ? 1 : 2, folder };
}

/** Seen from within a control group namespace, the host's own root lies above: "/../..". */
function below({ mountPoint, root }: Hierarchy, path: string): string | null {
  if (root === '/' || /^(\/\.\.)+$/.test(root)) return mountPoint + path;
  return path === root || path.startsWith(`${root}/`) ? mountPoint + path.slice(root.length) : null;
}
