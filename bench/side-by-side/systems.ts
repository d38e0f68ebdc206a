import type { System } from './system.ts';
import { caddy } from './systems/caddy.ts';
import { haproxy } from './systems/haproxy.ts';
import { nginx } from './systems/nginx.ts';
import { restartPolicy } from './systems/restart-policy.ts';
import { twinhull } from './systems/twinhull.ts';

/** Us first. */
export const SYSTEMS: readonly System[] = [twinhull, restartPolicy, caddy, nginx, haproxy];
