/** The steps of a service's gateway: made, made anew with a gap, or reloaded without one. */

import type { Container } from '../ports/engine.ts';
import type { GatewayConfig } from '../ports/gateway.ts';
import { LABEL } from '../labels.ts';
import type { GatewayBlueprint } from './blueprint.ts';
import { addCreation, addRecreation, addStartOf, reconnect, type ServiceTask } from './container-steps.ts';
import { type GatewayPosition, isMemberNow, isRunning } from './positions.ts';
import type { GatewayFiles } from './steps.ts';

/** What is stopped after the gateway has its new configuration. */
interface Going {
  /** members that are no longer wanted */
  readonly surplus: readonly Container[];
  /** names of those that are made or started anew */
  readonly renewed: readonly string[];
}

export function addGateway(
  task: ServiceTask,
  position: GatewayPosition,
  after: readonly string[],
  going: Going,
): string[] {
  const { list, service, blueprint, existing } = task;
  const { wanted, current, difference } = position;
  if (!blueprint) return [];
  if (current && isRunning(current) && difference === null) {
    const connected = reconnect(task, position, current);
    if (!position.stale) return connected;
    return [addReload(task, blueprint, current.name, [...task.ground, ...connected, ...after], going)];
  }
  const overwrite = !current || difference !== null || !existing.gateways.get(service.name)?.hasConfiguration;
  const files = list.add(`files:${service.name}`, service.name, [], {
    kind: 'write_gateway_files',
    folder: blueprint.folder,
    files: filesAsItStands(task, blueprint),
    overwrite,
  });
  if (!current) {
    const created = addCreation(task, wanted);
    // members and gateway start side by side: it waits for their checks by itself
    const ready = after.filter((id) => id.startsWith('wait:') || id.startsWith('remove:'));
    return [addStartOf(task, position, [created, files, ...ready])];
  }
  if (difference === null)
    return [addStartOf(task, position, [files, ...reconnect(task, position, current), ...after])];
  const drained = addDrains(task, blueprint, current, after, going);
  return [addRecreation(task, { ...position, current, difference }, [files, ...task.ground, ...after, ...drained])];
}

/**
 * What the process that is taken over from has in members that are stopped next, it finishes first. They are not
 * drained before: in another mode all of them go, and until the reload nobody else would take requests.
 */
function addReload(
  task: ServiceTask,
  blueprint: GatewayBlueprint,
  gateway: string,
  after: readonly string[],
  going: Going,
): string {
  const { list, service } = task;
  const gone = going.surplus.filter(isRunning).map(({ labels }) => labels[LABEL.service] ?? '');
  return list.add(`reload:${gateway}`, service.name, after, {
    kind: 'reload_gateway',
    name: gateway,
    gateway: blueprint.config,
    leaving: [...gone, ...going.renewed],
    drainTimeoutMs: service.policy.drainTimeoutMs,
  });
}

/** A new gateway begins with the leader of this moment, not with the plan's. */
function filesAsItStands({ existing, service }: ServiceTask, { config, files }: GatewayBlueprint): GatewayFiles {
  const leader = existing.gateways.get(service.name)?.leader ?? null;
  return files(
    leader !== null && config.leader !== null && config.members.some(({ name }) => name === leader) ? leader : null,
  );
}

/** Members that go with the change finish what they have while the old gateway still knows them, if others stay. */
function addDrains(
  { existing, list, service }: ServiceTask,
  blueprint: GatewayBlueprint,
  gateway: Container,
  after: readonly string[],
  { surplus }: Going,
): string[] {
  const seen = existing.gateways.get(service.name);
  if (!isRunning(gateway) || !seen?.answers) return [];
  const network = service.gateway?.network.name ?? '';
  // the gateway that runs knows the members of its time, not those of the plan; each is a Compose service of its own
  const live = existing.containers.filter(
    (container) => isMemberNow(container) && container.labels[LABEL.ours] === service.name,
  );
  const goes = new Set(surplus.map(({ id }) => id));
  if (live.every(({ id }) => goes.has(id))) return [];
  const members = live.flatMap(({ labels, networks }) => {
    const address = networks[network]?.ipv4 ?? '';
    return address === '' ? [] : [{ name: labels[LABEL.service] ?? '', address, takesTraffic: true }];
  });
  const { leader } = seen;
  const config: GatewayConfig = {
    ...blueprint.config,
    members,
    balance: leader === null ? 'spread' : 'leader',
    leader,
  };
  const { drainTimeoutMs } = service.policy;
  return surplus.filter(isRunning).map(({ labels }) => {
    const member = labels[LABEL.service] ?? '';
    return list.add(`drain:${service.name}:${member}`, service.name, after, {
      kind: 'drain_member',
      member,
      gateway: config,
      drainTimeoutMs,
    });
  });
}
