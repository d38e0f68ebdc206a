import type { ContainerSpec } from '../ports/engine.ts';
import type { GatewayConfig, GatewayDriver } from '../ports/gateway.ts';
import type { GatewayPlan, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import { gatewayFolder } from '../state-folder.ts';
import { LABEL } from '../labels.ts';
import type { WantedContainer } from './steps.ts';

/** A gateway's soft stop closes its ports at once; what is in flight gets this long. */
const GATEWAY_STOP_MS = 1000;

/** A gateway as the engine and the disk will have it. */
export interface GatewayBlueprint {
  readonly container: WantedContainer;
  readonly config: GatewayConfig;
  readonly folder: string;
  /** as they are at the first start; `leader` null: the plan's own */
  readonly files: (leader: string | null) => ReturnType<GatewayDriver['files']>;
}

export function wantedMember(service: ServicePlan, member: MemberPlan): WantedContainer {
  return {
    name: member.containerName,
    member: member.name,
    role: 'member',
    spec: withLabels(member.spec, {
      [LABEL.ours]: service.name,
      [LABEL.role]: member.role,
      [LABEL.hash]: member.hash,
    }),
    stopTimeoutMs: service.policy.stopGraceMs,
  };
}

/** @param stateFolder the project's, as the engine's host sees it */
export function gatewayBlueprint(
  service: string,
  plan: GatewayPlan,
  driver: GatewayDriver,
  stateFolder: string,
): GatewayBlueprint {
  const folder = gatewayFolder(stateFolder, service);
  const base = driver.container(plan.config, folder);
  const spec: ContainerSpec = {
    ...plan.spec,
    ...base,
    HostConfig: joinHostConfig(plan.spec.HostConfig, base.HostConfig),
  };
  return {
    container: {
      name: plan.containerName,
      member: service,
      role: 'gateway',
      spec: withLabels(spec, { [LABEL.ours]: service, [LABEL.role]: 'gateway', [LABEL.hash]: plan.hash }),
      stopTimeoutMs: GATEWAY_STOP_MS,
    },
    config: plan.config,
    folder,
    files: (leader) => driver.files(leader === null ? plan.config : { ...plan.config, leader }),
  };
}

/** The driver's host settings win, but lists that both have (mounts, binds) are joined. */
function joinHostConfig(
  plan: ContainerSpec['HostConfig'],
  driver: ContainerSpec['HostConfig'],
): ContainerSpec['HostConfig'] {
  const joined: Record<string, unknown> = { ...plan };
  for (const [key, value] of Object.entries(driver)) {
    const mine = joined[key];
    joined[key] = Array.isArray(mine) && Array.isArray(value) ? [...mine, ...value] : value;
  }
  return joined;
}

function withLabels(spec: ContainerSpec, added: Readonly<Record<string, string>>): ContainerSpec {
  return { ...spec, Labels: { ...spec.Labels, ...added } };
}
