import type { Service } from '../compose/project.ts';
import type { Mode, Standby } from '../core/model.ts';
import { defaults } from './defaults.ts';
import type { ServiceSettings } from './settings.ts';

/** What was asked for, before anything speaks against it. */
export interface AskedMode {
  readonly mode: Mode;
  readonly reason: string;
  /** members of the cluster; for `single` the containers that Compose would make */
  readonly replicas: number;
  /** the user runs several of it already: he knows that it can */
  readonly replicasByUser: boolean;
}

export function declaredReplicas(service: Service): number | null {
  return service.deploy?.replicas ?? service.scale ?? null;
}

export function askedMode(service: Service, settings: ServiceSettings): AskedMode {
  const declared = declaredReplicas(service);
  const replicasByUser = (declared ?? 1) > 1;
  if (settings.mode !== undefined) {
    const clusters = settings.mode === 'cluster' || settings.mode === 'pair+cluster';
    const replicas = declared ?? (clusters ? defaults.clusterReplicas.value : 1);
    return { mode: settings.mode, reason: 'x-twinhull asks for it', replicas, replicasByUser };
  }
  const replicas = declared ?? 1;
  const reason = `${service.deploy?.replicas === undefined ? 'scale' : 'deploy.replicas'} is ${replicas}`;
  if (replicas >= 3) return { mode: 'cluster', reason, replicas, replicasByUser };
  if (replicas === 2) return { mode: 'pair', reason, replicas, replicasByUser };
  return {
    mode: 'single',
    reason: replicas === 0 ? reason : 'one container, and no x-twinhull asks for more',
    replicas,
    replicasByUser,
  };
}

/**
 * Hot with a gateway: the backup takes traffic at once. Cold without: a second consumer of a queue would take
 * half of the work, or hold a job while it is paused. Who runs two replicas already wants both at work. Cold where
 * two would write the same data.
 */
export function standbyOf(
  settings: ServiceSettings,
  asked: AskedMode,
  { hasGateway, oneWriter }: { readonly hasGateway: boolean; readonly oneWriter: boolean },
): Standby {
  if (settings.standby !== undefined) return settings.standby;
  if (oneWriter) return 'cold';
  return hasGateway || asked.mode === 'cluster' || (asked.mode === 'pair' && asked.replicasByUser) ? 'hot' : 'cold';
}
