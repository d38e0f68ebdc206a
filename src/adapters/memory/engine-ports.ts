import type { Container } from '../../ports/engine.ts';
import type { MemoryContainer } from './engine-container.ts';
import { refused } from './engine-refusal.ts';

/** Where the engine begins when it chooses a host port itself. */
const FIRST_EPHEMERAL_PORT = 32_768;
const ANY_ADDRESS = '0.0.0.0';

interface Binding {
  readonly hostIp: string;
  readonly hostPort: number;
}

/** The ports a container gets at its start; refuses those that another running one has. */
export function publishedPorts(container: MemoryContainer, all: Iterable<MemoryContainer>): Container['ports'] {
  const taken = [...all].flatMap((other) => (other === container ? [] : Object.values(other.ports).flat()));
  const given: Record<string, readonly Binding[]> = {};
  for (const [port, wanted] of wantedBindings(container.spec.HostConfig['PortBindings'])) {
    given[port] = wanted.map(({ hostIp, hostPort }) => {
      const binding = { hostIp: hostIp || ANY_ADDRESS, hostPort: hostPort || freePort(taken) };
      if (taken.some((other) => collides(other, binding))) {
        throw refused(
          500,
          `driver failed programming external connectivity on endpoint ${container.name}: Bind for ${binding.hostIp}:${binding.hostPort} failed: port is already allocated`,
        );
      }
      taken.push(binding);
      return binding;
    });
  }
  return given;
}

function freePort(taken: readonly Binding[]): number {
  let port = FIRST_EPHEMERAL_PORT;
  while (taken.some((binding) => binding.hostPort === port)) port += 1;
  return port;
}

function collides(one: Binding, other: Binding): boolean {
  const sameAddress = one.hostIp === other.hostIp || one.hostIp === ANY_ADDRESS || other.hostIp === ANY_ADDRESS;
  return sameAddress && one.hostPort === other.hostPort;
}

function wantedBindings(value: unknown): readonly (readonly [string, readonly Binding[]])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([port, list]: [string, unknown]) => [
    port,
    (Array.isArray(list) ? list : []).map(readBinding),
  ]);
}

function readBinding(value: unknown): Binding {
  const part = (name: string): string =>
    String((typeof value === 'object' && value !== null && Reflect.get(value, name)) || '');
  return { hostIp: part('HostIp'), hostPort: Number.parseInt(part('HostPort'), 10) || 0 };
}
