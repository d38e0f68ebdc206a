import type { Project, Service } from '../compose/project.ts';
import type { Image } from '../ports/engine.ts';
import { gatewayPorts } from './check.ts';
import type { GatewayPorts } from './check.ts';
import { healthTarget } from './health-check.ts';
import type { HealthTarget } from './health-check.ts';
import { askedMode } from './mode.ts';
import type { AskedMode } from './mode.ts';
import { imageReference } from '../compose/container.ts';
import { servicePorts } from './ports.ts';
import { gatewaySettings } from './settings.ts';
import type { GatewaySettings, ServiceSettings, Settings } from './settings.ts';
import { writablePlaces } from './writer.ts';

/** Everything known of one service before anything is decided. */
export interface Analysis {
  readonly project: Project;
  readonly name: string;
  readonly service: Service;
  readonly settings: ServiceSettings;
  readonly gateway: GatewaySettings;
  readonly image: Image | null;
  readonly imageReference: string;
  readonly health: HealthTarget | null;
  readonly ports: GatewayPorts;
  readonly writable: readonly string[];
  readonly asked: AskedMode;
}

export function analyse(
  project: Project,
  name: string,
  service: Service,
  all: Settings,
  images: ReadonlyMap<string, Image | null>,
): Analysis {
  const settings = all.services[name] ?? {};
  const gateway = gatewaySettings(settings);
  const reference = imageReference(name, project);
  const image = images.get(reference) ?? null;
  const health = healthTarget(name, service, image);
  const ports = servicePorts(service, image, health, gateway);
  return {
    project,
    name,
    service,
    settings,
    gateway,
    image,
    imageReference: reference,
    health,
    ports: gatewayPorts(service, ports, health, gateway),
    writable: writablePlaces(service, image),
    asked: askedMode(service, settings),
  };
}
