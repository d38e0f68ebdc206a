/**
 * A container that lives in another one's network, processes or volumes (`network_mode: service:x` and its like) holds
 * on to what that one was when it started. When x is started anew, its new network is another one, and whoever lives
 * in the old one is cut off without noticing; when x is made anew with other volumes, `volumes_from` still has the old
 * ones. Docker tells nobody. Seen from the times of their starts and from their mounts.
 */

import type { MemberSeen } from '../core/model.ts';
import type { Container, ContainerSpec } from '../ports/engine.ts';
import type { MemberPlan, ServicePlan } from '../redundancy/fleet.ts';

/** The member that a service's containers live in, and its container now. */
export interface Lodging {
  readonly member: string;
  readonly container: Container;
}

/** @returns null: it lives in nobody, or in what runs there now */
export function leftBehind(
  { dependsOn }: ServicePlan,
  { spec }: MemberPlan,
  container: Container,
  lodgingIn: (service: string) => Lodging | null,
): NonNullable<MemberSeen['leftBehind']> | null {
  for (const { service, joins = [] } of dependsOn) {
    const lodging = joins.length === 0 ? null : lodgingIn(service);
    if (!lodging) continue;
    const { member, container: host } = lodging;
    const isRunningOn = container.state === 'running' && host.state === 'running';
    if (host.partial || container.partial || !isRunningOn) continue;
    if (joins.some((key) => key !== 'volumes_from') && host.startedAt > container.startedAt)
      return { service, member, how: host.createdAt > container.createdAt ? 'replaced' : 'restarted' };
    if (joins.includes('volumes_from') && hasOtherMounts(host, container, spec))
      return { service, member, how: 'volumes' };
  }
  return null;
}

/** What it mounts itself stands in the way of the other one's. */
function hasOtherMounts(host: Container, { mounts }: Container, spec: ContainerSpec): boolean {
  const own = ownTargets(spec);
  return host.mounts
    .filter(({ type, destination }) => (type === 'volume' || type === 'bind') && !own.has(destination))
    .some((theirs) => !mounts.some((mine) => isSame(mine, theirs)));
}

type Mount = Container['mounts'][number];

function isSame(one: Mount, other: Mount): boolean {
  return one.destination === other.destination && one.name === other.name && one.source === other.source;
}

function ownTargets({ HostConfig }: ContainerSpec): ReadonlySet<string> {
  const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  const target = (mount: unknown): string =>
    typeof mount === 'object' && mount !== null && 'Target' in mount ? String(mount.Target) : '';
  return new Set([
    ...list(HostConfig['Binds']).map((bind) => String(bind).split(':')[1] ?? ''),
    ...list(HostConfig['Mounts']).map(target),
    ...Object.keys(HostConfig['Tmpfs'] ?? {}),
  ]);
}
