/** Resources, isolation and privileges on the host. */

import { blockIo } from './devices.ts';
import { key, undecided, type ServiceKeyTable } from './key.ts';
import { boolean, bytes, choice, distinctTexts, integer, listOf, nullable, number, object, pairs, text, textOrNumber } from './shapes.ts';
import { ulimits } from './ulimits.ts';
import { microseconds } from './cpu-time.ts';

export const hostKeys = {
  blkio_config: key({ shape: blockIo, engine: undecided, doc: 'Limits and weights of block devices.' }),
  cap_add: key({ shape: distinctTexts, engine: undecided, doc: 'Capabilities to add.' }),
  cap_drop: key({ shape: distinctTexts, engine: undecided, doc: 'Capabilities to take away.' }),
  cgroup: key({ shape: choice(['host', 'private']), engine: undecided, doc: 'The cgroup namespace.' }),
  cgroup_parent: key({ shape: text, engine: undecided, doc: 'The parent cgroup.' }),
  cpu_count: key({ shape: integer({ min: 0 }), engine: undecided, doc: 'Number of CPUs (Windows).' }),
  cpu_percent: key({ shape: number({ min: 0, max: 100 }), engine: undecided, doc: 'Share of the CPUs (Windows).' }),
  cpu_shares: key({ shape: integer({ min: 0 }), engine: undecided, doc: 'Relative weight.' }),
  cpu_quota: key({ shape: microseconds, engine: undecided, doc: 'CPU time in a period, in microseconds.' }),
  cpu_period: key({ shape: microseconds, engine: undecided, doc: 'The period, in microseconds.' }),
  cpu_rt_period: key({ shape: microseconds, engine: undecided, doc: 'The real-time period, in microseconds or as a duration.' }),
  cpu_rt_runtime: key({ shape: microseconds, engine: undecided, doc: 'Real-time in a period, in microseconds or as a duration.' }),
  cpus: key({ shape: number({ min: 0 }), engine: undecided, doc: 'Number of CPUs, fractions allowed.' }),
  cpuset: key({ shape: text, engine: undecided, doc: 'Which CPUs (0-3, 0,1).' }),
  credential_spec: key({
    shape: object<Readonly<Record<'config' | 'file' | 'registry', string | undefined>>>({
      config: { shape: text, doc: 'A config.' },
      file: { shape: text, doc: 'A file.' },
      registry: { shape: text, doc: 'A registry entry.' },
    }, { of: 'credential_spec' }),
    engine: undecided,
    doc: 'Credentials of a managed service account (Windows).',
  }),
  group_add: key({ shape: listOf(textOrNumber, { distinct: true }), engine: undecided, doc: 'Further groups of the user.' }),
  ipc: key({ shape: text, engine: undecided, doc: 'The IPC namespace: host, shareable, service:NAME ...' }),
  isolation: key({ shape: text, engine: undecided, doc: 'Isolation technology (Windows).' }),
  mem_limit: key({ shape: bytes, engine: undecided, doc: 'Memory, at most.' }),
  mem_reservation: key({ shape: bytes, engine: undecided, doc: 'Memory wanted.' }),
  mem_swappiness: key({ shape: integer({ min: -1, max: 100 }), engine: undecided, doc: 'Readiness to swap, 0 to 100.' }),
  memswap_limit: key({ shape: bytes, engine: undecided, doc: 'Memory and swap together, at most; -1: no limit.' }),
  oom_kill_disable: key({ shape: boolean, engine: undecided, doc: 'Never kill for want of memory.' }),
  oom_score_adj: key({ shape: integer({ min: -1000, max: 1000 }), engine: undecided, doc: 'Who is killed first for want of memory.' }),
  pid: key({ shape: nullable(text), engine: undecided, doc: 'The PID namespace: host, service:NAME ...' }),
  pids_limit: key({ shape: integer({ min: -1 }), engine: undecided, doc: 'Processes, at most; -1: no limit.' }),
  privileged: key({ shape: boolean, engine: undecided, doc: 'All privileges of the host.' }),
  runtime: key({ shape: text, engine: undecided, doc: 'The container runtime, such as runc.' }),
  security_opt: key({ shape: distinctTexts, engine: undecided, doc: 'Seccomp, AppArmor, SELinux, no-new-privileges.' }),
  sysctls: key({ shape: pairs, engine: undecided, doc: 'Kernel parameters of the container.' }),
  ulimits: key({ shape: ulimits, engine: undecided, doc: 'Limits of the processes.' }),
  userns_mode: key({ shape: text, engine: undecided, doc: 'The user namespace.' }),
  uts: key({ shape: text, engine: undecided, doc: 'The UTS namespace.' }),
  use_api_socket: key({ shape: boolean, engine: undecided, doc: 'The engine\'s own socket in the container.' }),
} as const satisfies ServiceKeyTable;
