/** The names that the gateway's files, its configuration and the commands sent to it have in common. */

/** Files in the gateway's folder, by the names they have on both sides of the mount. */
export const files = {
  config: 'haproxy.cfg',
  /** the one that is to be loaded, until it has been found good */
  nextConfig: 'haproxy.cfg.next',
  /** the one before, until the one that was loaded runs */
  lastConfig: 'haproxy.cfg.last',
  script: 'start.sh',
  leader: 'leader.map',
  state: 'state',
  socket: 'admin.sock',
} as const;

/** The folder inside the gateway's container. Everything in the configuration is relative to it. */
export const MOUNT_POINT = '/gw';

/** The one key of leader.map: one entry switches every port at once. */
export const LEADER_KEY = 'leader';
/** The map's value when nobody leads: no server may have this name (a member's name cannot be empty, nor start with a dot). */
export const NO_LEADER = '.none';

/** A variable of HAProxy's own: tells which configuration the running process was started with. */
export const CONFIGURATION = 'TWINHULL_CONFIGURATION';

/** The ring of the configuration that holds what checks found. */
export const CHECK_RING = 'chk';

export const frontend = (port: number): string => `fe_${port}`;
export const backend = (port: number): string => `be_${port}`;

/** The server that is checked, by the name that commands and reports use. */
export const checked = (port: number, member: string): string => `${backend(port)}/${member}`;
/** The brake: the same member, unchecked, for when every check fails. A member's name has no colon. */
export const brake = (port: number, member: string): string => `${backend(port)}/${brakeName(member)}`;
export const brakeName = (member: string): string => `${member}:open`;

const PROXY = /^(fe|be)_(\d+)$/;

/** The port of a proxy's name; null when it is none of ours. */
export function portOfProxy(name: string): number | null {
  const match = PROXY.exec(name);
  return match ? Number(match[2]) : null;
}
