import type { Container, ContainerSpec } from '../ports/engine.ts';

/** What the plan has the engine do when the container ends by itself. */
export function plannedRestartPolicy({ HostConfig }: Pick<ContainerSpec, 'HostConfig'>): Container['restartPolicy'] {
  const policy = HostConfig['RestartPolicy'];
  const name = typeof policy === 'object' && policy !== null && 'Name' in policy ? policy.Name : 'no';
  return name === 'always' || name === 'unless-stopped' || name === 'on-failure' ? name : 'no';
}
