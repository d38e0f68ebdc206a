import { join } from 'node:path';
import type { System } from '../system.ts';
import { startTwoMembersBehind } from '../two-members.ts';

/** Caddy with both kinds of health checks that its documentation describes, and retries; tuned to be quick. */
export const caddy: System = {
  name: 'caddy',
  title: 'Caddy, active and passive checks, tuned',
  images: ['node', 'caddy'],
  start: () =>
    startTwoMembersBehind({
      image: 'twinhull-local/caddy:latest',
      configFile: join(import.meta.dirname, 'Caddyfile'),
      mountedAt: '/etc/caddy/Caddyfile',
      command: [],
      settleMs: 3000,
    }),
};
