/** Resources, isolation and privileges on the host. */

import { hostBytes, hostField } from '../create/fields.ts';
import { putBlockIo, putCpus, putSecurityOpt, putSysctls, putUlimits } from '../create/resources.ts';
import { putNamespace } from '../create/sharing.ts';
import { blockIo } from './devices.ts';
import { key, type ServiceKeyTable } from './key.ts';
import { boolean, bytes, bytesOrUnlimited, choice, integer, number, text, textOrNumber } from './scalars.ts';
import { distinctTexts, listOf, nullable, object, pairs } from './shapes.ts';
import { ulimits } from './ulimits.ts';
import { microseconds } from './cpu-time.ts';

export const hostKeys = {
  blkio_config: key({ shape: blockIo, engine: { put: putBlockIo }, doc: 'Limits and weights of block devices.' }),
  cap_add: key({ shape: distinctTexts, engine: hostField('CapAdd'), doc: 'Capabilities to add.' }),
  cap_drop: key({ shape: distinctTexts, engine: hostField('CapDrop'), doc: 'Capabilities to take away.' }),
  cgroup: key({ shape: choice(['host', 'private']), engine: hostField('CgroupnsMode'), doc: 'The cgroup namespace.' }),
  cgroup_parent: key({ shape: text, engine: hostField('CgroupParent'), doc: 'The parent cgroup.' }),
  cpu_count: key({ shape: integer({ min: 0 }), engine: hostField('CpuCount'), doc: 'Number of CPUs (Windows).' }),
  cpu_percent: key({
    shape: number({ min: 0, max: 100 }),
    engine: hostField('CpuPercent'),
    doc: 'Share of the CPUs (Windows).',
  }),
  cpu_shares: key({ shape: integer({ min: 0 }), engine: hostField('CpuShares'), doc: 'Relative weight.' }),
  cpu_quota: key({ shape: microseconds, engine: hostField('CpuQuota'), doc: 'CPU time in a period, in microseconds.' }),
  cpu_period: key({ shape: microseconds, engine: hostField('CpuPeriod'), doc: 'The period, in microseconds.' }),
  cpu_rt_period: key({
    shape: microseconds,
    engine: hostField('CpuRealtimePeriod'),
    doc: 'The real-time period, in microseconds or as a duration.',
  }),
  cpu_rt_runtime: key({
    shape: microseconds,
    engine: hostField('CpuRealtimeRuntime'),
    doc: 'Real-time in a period, in microseconds or as a duration.',
  }),
  cpus: key({ shape: number({ min: 0 }), engine: { put: putCpus }, doc: 'Number of CPUs, fractions allowed.' }),
  cpuset: key({ shape: text, engine: hostField('CpusetCpus'), doc: 'Which CPUs (0-3, 0,1).' }),
  credential_spec: key({
    shape: object<Readonly<Record<'config' | 'file' | 'registry', string | undefined>>>(
      {
        config: { shape: text, doc: 'A config.' },
        file: { shape: text, doc: 'A file.' },
        registry: { shape: text, doc: 'A registry entry.' },
      },
      { of: 'credential_spec' },
    ),
    engine: { unsupported: 'managed service accounts are for Windows containers' },
    doc: 'Credentials of a managed service account (Windows).',
  }),
  group_add: key({
    shape: listOf(textOrNumber, { distinct: true }),
    engine: hostField('GroupAdd'),
    doc: 'Further groups of the user.',
  }),
  ipc: key({
    shape: text,
    engine: putNamespace('IpcMode'),
    doc: 'The IPC namespace: host, shareable, service:NAME ...',
  }),
  isolation: key({ shape: text, engine: hostField('Isolation'), doc: 'Isolation technology (Windows).' }),
  mem_limit: key({ shape: bytesOrUnlimited, engine: hostBytes('Memory'), doc: 'Memory, at most.' }),
  mem_reservation: key({ shape: bytes, engine: hostBytes('MemoryReservation'), doc: 'Memory wanted.' }),
  mem_swappiness: key({
    shape: integer({ min: -1, max: 100 }),
    engine: hostField('MemorySwappiness'),
    doc: 'Readiness to swap, 0 to 100.',
  }),
  memswap_limit: key({
    shape: bytesOrUnlimited,
    engine: hostBytes('MemorySwap'),
    doc: 'Memory and swap together, at most; -1: no limit.',
  }),
  oom_kill_disable: key({ shape: boolean, engine: hostField('OomKillDisable'), doc: 'Never kill for want of memory.' }),
  oom_score_adj: key({
    shape: integer({ min: -1000, max: 1000 }),
    engine: hostField('OomScoreAdj'),
    doc: 'Who is killed first for want of memory.',
  }),
  pid: key({
    shape: nullable(text),
    engine: putNamespace('PidMode'),
    doc: 'The PID namespace: host, service:NAME ...',
  }),
  pids_limit: key({
    shape: integer({ min: -1 }),
    engine: hostField('PidsLimit'),
    doc: 'Processes, at most; -1: no limit.',
  }),
  privileged: key({ shape: boolean, engine: hostField('Privileged'), doc: 'All privileges of the host.' }),
  runtime: key({ shape: text, engine: hostField('Runtime'), doc: 'The container runtime, such as runc.' }),
  security_opt: key({
    shape: distinctTexts,
    engine: { put: putSecurityOpt },
    doc: 'Seccomp, AppArmor, SELinux, no-new-privileges.',
  }),
  sysctls: key({ shape: pairs, engine: { put: putSysctls }, doc: 'Kernel parameters of the container.' }),
  ulimits: key({ shape: ulimits, engine: { put: putUlimits }, doc: 'Limits of the processes.' }),
  userns_mode: key({ shape: text, engine: hostField('UsernsMode'), doc: 'The user namespace.' }),
  uts: key({ shape: text, engine: hostField('UTSMode'), doc: 'The UTS namespace.' }),
  use_api_socket: key({
    shape: boolean,
    engine: { unsupported: "the engine's socket is not handed to containers with your credentials yet" },
    doc: "The engine's own socket in the container.",
  }),
} as const satisfies ServiceKeyTable;
