/** The only place that builds adapters. */

import { HostMeter } from './adapters/cgroup/meter.ts';
import { openImageBuilder } from './adapters/docker/build.ts';
import { type DockerEngine, openDockerEngine } from './adapters/docker/engine.ts';
import { gatewayImage, HaproxyDriver } from './adapters/haproxy/driver.ts';
import { machineFiles } from './adapters/node/files.ts';
import { systemClock } from './adapters/node/clock.ts';
import { NetworkProber } from './adapters/node/prober.ts';
import { openStore as openSqliteStore, type SqliteStore } from './adapters/sqlite/store.ts';
import { Deployer, Rebuilding } from './deploy/deployer.ts';
import type { World } from './deploy/world.ts';
import type { Clock } from './ports/clock.ts';
import type { Gateway, GatewayDriver } from './ports/gateway.ts';
import type { ImageBuilder } from './ports/image-builder.ts';
import type { Store } from './ports/store.ts';
import type { Fleet, GatewayPlan } from './redundancy/fleet.ts';
import { gatewayFolder } from './state-folder.ts';
import { type Failpoint, failpointFrom } from './supervisor/failpoint.ts';
import { Supervisor } from './supervisor/loop.ts';
import type { OwnEnds } from './supervisor/own-ends.ts';
import type { PatientStore } from './supervisor/patient-store.ts';
import type { SupervisorHandle, SupervisorParts } from './supervisor/parts.ts';
import { lookAt, type ProjectStatus } from './supervisor/status.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type OpenEngine = DockerEngine;

/** Where a project runs, and where its state is. */
export interface Home {
  readonly project: string;
  readonly engine: OpenEngine;
  readonly folder: string;
}

export { gatewayImage };
export const clock: Clock = systemClock;

export function openEngine(environment: Environment): OpenEngine {
  return openDockerEngine(environment);
}

export function openStore(folder: string, options: { readonly readOnly?: boolean } = {}): SqliteStore {
  return openSqliteStore(folder, clock, options);
}

export function imageBuilder(engine: OpenEngine, environment: Environment): ImageBuilder {
  return openImageBuilder(environment, engine.endpoint);
}

/** Gateways run as whoever owns their folders: this process. */
export function gatewayDriver(environment: Environment): GatewayDriver {
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  return new HaproxyDriver({ image: gatewayImage(environment), user });
}

/** What changes a project's containers, for the holder of its lease. */
export function deployer(home: Home, environment: Environment): Deployer {
  return new Deployer(worldOf(home, environment));
}

export interface Supervised {
  /** its engine is watched by `ownEnds` */
  readonly home: Home;
  readonly ownEnds: OwnEnds;
  readonly fleet: Fleet;
  readonly store: PatientStore;
  readonly environment: Environment;
  readonly failpoint: Failpoint;
  /** lines for a person; what counts is in the store too */
  readonly log: (line: string) => void;
}

/** The lease of `store` is held by the caller. */
export function makeSupervisor(supervised: Supervised): SupervisorHandle {
  const { home, ownEnds, fleet, store, environment, failpoint, log } = supervised;
  const { engine, project } = home;
  const rebuild = new Rebuilding(worldOf(home, environment), project);
  const openGateway = gatewayOpener(home, environment);
  const statistics = engine.statistics(clock);
  const meter = new HostMeter({ clock, otherwise: (target, signal) => statistics.sample(target, signal) });
  const prober = new NetworkProber(clock);
  return new Supervisor({ fleet, engine, ownEnds, store, clock, meter, prober, rebuild, failpoint, log, openGateway });
}

/** @throws TH_USAGE when TWINHULL_FAILPOINT is malformed */
export function readFailpoint(environment: Environment): Failpoint {
  return failpointFrom(environment['TWINHULL_FAILPOINT'], () => process.kill(process.pid, 'SIGKILL'));
}

/** What a supervisor would say of the project now, where none runs. */
export function lookOnce(
  home: Home,
  fleet: Fleet,
  store: Store,
  environment: Environment,
  signal: AbortSignal,
): Promise<ProjectStatus> {
  return lookAt({ fleet, engine: home.engine, store, clock, openGateway: gatewayOpener(home, environment) }, signal);
}

function gatewayOpener({ folder }: Home, environment: Environment): SupervisorParts['openGateway'] {
  const driver = gatewayDriver(environment);
  return ({ config }: GatewayPlan): Gateway => driver.open(config, gatewayFolder(folder, config.service));
}

function worldOf({ engine, folder }: Home, environment: Environment): World {
  return {
    engine,
    driver: gatewayDriver(environment),
    builder: imageBuilder(engine, environment),
    clock,
    files: machineFiles,
    stateFolder: folder,
  };
}
