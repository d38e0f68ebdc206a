/** The only place that builds adapters. */

import { openImageBuilder } from './adapters/docker/build.ts';
import { type DockerEngine, openDockerEngine } from './adapters/docker/engine.ts';
import { gatewayImage, HaproxyDriver } from './adapters/haproxy/driver.ts';
import { systemClock } from './adapters/node/clock.ts';
import { openStore as openSqliteStore, type SqliteStore } from './adapters/sqlite/store.ts';
import type { Clock } from './ports/clock.ts';
import type { GatewayDriver } from './ports/gateway.ts';
import type { ImageBuilder } from './ports/image-builder.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
export type OpenEngine = DockerEngine;

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
