import { join } from 'node:path';
import type { System } from '../system.ts';
import { startTwoMembersBehind } from '../two-members.ts';

/** HAProxy as Debian's configuration sets it up, with the plainest health check. */
export const haproxy: System = {
  name: 'haproxy',
  title: "HAProxy's defaults",
  images: ['node', 'haproxy'],
  start: () =>
    startTwoMembersBehind({
      image: process.env['TWINHULL_GATEWAY_IMAGE'] || 'twinhull-local/haproxy:latest',
      configFile: join(import.meta.dirname, 'haproxy.cfg'),
      mountedAt: '/etc/haproxy.cfg',
      command: ['-db', '-f', '/etc/haproxy.cfg'],
      settleMs: 6000,
    }),
};
