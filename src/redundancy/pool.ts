import type { Project } from '../compose/project.ts';
import type { Role } from '../core/model.ts';
import type { Network } from '../ports/engine.ts';
import { chooseSubnet, parseSubnet, prefixFor, type Subnet } from './addresses.ts';
import { defaults } from './defaults.ts';
import { ownNetworkName } from './names.ts';
import type { ProjectSettings } from './settings.ts';

/** Gives subnets to services, each once; remembers what it gave. */
export interface Pool {
  readonly text: string;
  /** null: none is left */
  take(service: string, members: readonly Role[]): Subnet | null;
}

/** Avoids what the engine's networks and the project's own definitions use; keeps what a service has already. */
export function openPool(
  project: Project,
  settings: ProjectSettings,
  networks: readonly Pick<Network, 'name' | 'subnets'>[],
): Pool {
  const text = settings.address_pool ?? defaults.addressPool.value;
  const pool = parseSubnet(text);
  const existing = new Map(networks.map(({ name, subnets }) => [name, subnetsOf(subnets)]));
  const used = [...existing.values()].flat().concat(definedSubnets(project));
  return {
    text,
    take(service, members) {
      const prefix = prefixFor(members);
      const kept = existing.get(ownNetworkName(project.name, service))?.find((subnet) => subnet.prefix <= prefix);
      if (kept !== undefined) return kept;
      const chosen = pool === null ? null : chooseSubnet(pool, `${project.name}/${service}`, prefix, used);
      if (chosen !== null) used.push(chosen);
      return chosen;
    },
  };
}

function definedSubnets(project: Project): readonly Subnet[] {
  return subnetsOf(
    Object.values(project.networks).flatMap(({ ipam }) => (ipam?.config ?? []).flatMap(({ subnet }) => subnet ?? [])),
  );
}

function subnetsOf(texts: readonly string[]): readonly Subnet[] {
  return texts.flatMap((text) => parseSubnet(text) ?? []);
}
