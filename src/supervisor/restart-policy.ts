import type { Container, Engine } from '../ports/engine.ts';
import type { MemberPlan } from '../redundancy/fleet.ts';

/** A quarantine took the restart policy away; whoever starts the container again gives it back. */
export async function restoreRestartPolicy(
  engine: Pick<Engine, 'setRestartPolicy'>,
  container: Container,
  member: MemberPlan,
  signal: AbortSignal,
): Promise<void> {
  const wanted = plannedPolicy(member);
  if (container.restartPolicy === 'no' && wanted !== 'no') {
    await engine.setRestartPolicy(container.id, wanted, { signal });
  }
}

function plannedPolicy(member: MemberPlan): Container['restartPolicy'] {
  const policy = member.spec.HostConfig['RestartPolicy'];
  const name = typeof policy === 'object' && policy !== null && 'Name' in policy ? policy.Name : 'no';
  return name === 'always' || name === 'unless-stopped' || name === 'on-failure' ? name : 'no';
}
