import type { Project, Service } from '../compose/project.ts';
import type { Image } from '../ports/engine.ts';
import { gatewayPorts, type GatewayPorts } from './check.ts';
import { healthTarget, type HealthTarget } from './health-check.ts';
import { askedMode, type AskedMode } from './mode.ts';
import { imageReference } from '../compose/container.ts';
import { MAX_GATEWAY_PORTS, servicePorts } from './ports.ts';
import type { Relations } from './relations.ts';
import { gatewaySettings, type GatewaySettings, type ServiceSettings, type Settings } from './settings.ts';
import { stateOf, type State } from './writer.ts';

/** Everything known of one service before anything is decided. */
export interface Analysis {
  readonly project: Project;
  readonly relations: Relations;
  readonly name: string;
  readonly service: Service;
  readonly settings: ServiceSettings;
  readonly gateway: GatewaySettings;
  readonly image: Image | null;
  readonly imageReference: string;
  readonly health: HealthTarget | null;
  readonly ports: GatewayPorts;
  readonly state: State;
  readonly asked: AskedMode;
}

export function analyse(
  project: Project,
  relations: Relations,
  name: string,
  service: Service,
  all: Settings,
  images: ReadonlyMap<string, Image | null>,
): Analysis {
  const settings = all.services[name] ?? {};
  const gateway = gatewaySettings(settings);
  const reference = imageReference(name, service, project);
  const image = images.get(reference) ?? null;
  const health = healthTarget(name, service, image);
  // one more than can be carried, so that it is refused; what is spoken on 65,535 ports interests nobody
  const ports = servicePorts(service, image, health, gateway).slice(0, MAX_GATEWAY_PORTS + 1);
  return {
    project,
    relations,
    name,
    service,
    settings,
    gateway,
    image,
    imageReference: reference,
    health,
    ports: gatewayPorts(service, ports, health, gateway),
    state: stateOf(service, image),
    asked: askedMode(service, settings),
  };
}
