/** The names that the gateway's files, its configuration and the commands sent to it have in common. */

/** Files in the gateway's folder, by the names they have on both sides of the mount. */
export const files = {
  config: 'haproxy.cfg',
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

/** The ring of the configuration that holds what checks found. */
export const CHECK_RING = 'chk';

export const frontend = (port: number): string => `fe_${port}`;
/** The backend whose servers are checked. */
export const checked = (port: number): string => `be_${port}`;
/** The brake: the same servers, unchecked, for when every check fails. */
export const brake = (port: number): string => `open_${port}`;

const PROXY = /^(fe|be|open)_(\d+)$/;

/** Takes a proxy's name apart; null when it is none of ours. */
export function parseProxy(name: string): { readonly kind: 'fe' | 'be' | 'open'; readonly port: number } | null {
  const match = PROXY.exec(name);
  if (!match) return null;
  return { kind: match[1] as 'fe' | 'be' | 'open', port: Number(match[2]) };
}
