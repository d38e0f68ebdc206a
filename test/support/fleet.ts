/** Fleets for the tests of deploy: a Compose project written as an object, planned as `up` would plan it. */
import { plainImage } from '../../src/adapters/memory/engine-images.ts';
import type { Project, Service } from '../../src/compose/project.ts';
import type { Image, Network } from '../../src/ports/engine.ts';
import type { GatewayDriver } from '../../src/ports/gateway.ts';
import type { Fleet } from '../../src/redundancy/fleet.ts';
import { planFleet } from '../../src/redundancy/plan.ts';

export interface FleetSituation {
  readonly driver: GatewayDriver;
  readonly stateFolder: string;
  readonly images?: ReadonlyMap<string, Image | null>;
  readonly networks?: readonly Network[];
}

/** Services with their keys in canonical form; networks and volumes by key, under Compose's names. */
export function fleetOf(
  name: string,
  services: Readonly<Record<string, Service>>,
  situation: FleetSituation,
  more: Partial<Pick<Project, 'networks' | 'volumes' | 'extensions'>> = {},
): Fleet {
  const project: Project = {
    name,
    workingDir: '/srv/project',
    files: ['/srv/project/compose.yaml'],
    environment: {},
    activeProfiles: [],
    services: Object.fromEntries(
      Object.entries(services).map(([key, service]) => [key, { networks: { default: null }, ...service }]),
    ),
    inactiveServices: [],
    networks: { default: { name: `${name}_default` }, ...more.networks },
    volumes: more.volumes ?? {},
    configs: {},
    secrets: {},
    extensions: more.extensions ?? {},
    locate: () => null,
  };
  return planFleet(project, {
    driver: situation.driver,
    stateFolder: situation.stateFolder,
    images: situation.images ?? new Map(),
    networks: situation.networks ?? [],
  });
}

export function image(id: string, changes: Partial<Image> = {}): Image {
  return plainImage({ id, cmd: ['serve'], ...changes });
}
