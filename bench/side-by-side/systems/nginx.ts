import { join } from 'node:path';
import type { System } from '../system.ts';
import { startTwoMembersBehind } from '../two-members.ts';

/** nginx (the free one has passive checks only), with short timeouts and retries on the next member. */
export const nginx: System = {
  name: 'nginx',
  title: 'nginx, passive checks, tuned',
  images: ['node', 'nginx'],
  start: () =>
    startTwoMembersBehind({
      image: 'twinhull-local/nginx:latest',
      configFile: join(import.meta.dirname, 'nginx.conf'),
      mountedAt: '/etc/nginx/nginx.conf',
      command: [],
      settleMs: 3000,
    }),
};
