import type { Clock } from '../ports/clock.ts';
import type { Engine } from '../ports/engine.ts';
import type { GatewayDriver } from '../ports/gateway.ts';
import type { Files } from '../ports/files.ts';
import type { ImageBuilder } from '../ports/image-builder.ts';

/** The doors that a deployment goes through. */
export interface World {
  readonly engine: Engine;
  readonly driver: GatewayDriver;
  readonly builder: ImageBuilder;
  readonly clock: Clock;
  readonly files: Files;
  /** the project's state folder; gateways' folders are in it */
  readonly stateFolder: string;
}
