/** What an emergency's plan means for a service: what it has to wait for. */

import type { EffectKind } from './actions.ts';
import type { Emergency, EmergencyStep, Memory } from './memory.ts';

export function isEmergency({ emergency }: Memory): boolean {
  return emergency?.endedAt === null;
}

const STARTS: readonly EffectKind[] = ['start', 'start_standby', 'restart_soft', 'restart_hard', 'replace'];

/** What has to serve before this service is started; '' when it may be. */
export function comesFirst({ emergency }: Memory, service: string, kind: EffectKind): string {
  if (emergency?.endedAt !== null || !STARTS.includes(kind)) return '';
  const step = stepOf(emergency, service);
  return step?.state === 'planned' ? step.reason : '';
}

export function stepOf({ steps }: Emergency, service: string): EmergencyStep | undefined {
  return steps.find((step) => step.service === service);
}
