import type { Container, Engine } from '../ports/engine.ts';
import type { MemberPlan } from '../redundancy/fleet.ts';
import { plannedRestartPolicy } from '../redundancy/restart-policy.ts';

/** A quarantine took the restart policy away; whoever starts the container again gives it back. */
export async function restoreRestartPolicy(
  engine: Pick<Engine, 'setRestartPolicy'>,
  container: Container,
  member: MemberPlan,
  signal: AbortSignal,
): Promise<void> {
  const wanted = plannedRestartPolicy(member.spec);
  if (container.restartPolicy === 'no' && wanted !== 'no') {
    await engine.setRestartPolicy(container.id, wanted, { signal });
  }
}
