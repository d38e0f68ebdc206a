/** Limits, devices and what `deploy` says of them. */

import type { BlockIo, DeviceMapping, DeviceRequest } from '../keys/devices.ts';
import type { ContainerContext, ContainerDraft } from '../keys/key.ts';
import type { Ulimit } from '../keys/ulimits.ts';
import type { Deploy } from '../project.ts';

export function putCpus(draft: ContainerDraft, value: number): void {
  draft.HostConfig['NanoCpus'] = Math.round(value * 1e9);
}

export function putUlimits(draft: ContainerDraft, value: Readonly<Record<string, Ulimit>>): void {
  draft.HostConfig['Ulimits'] = Object.entries(value).map(([Name, limit]) =>
    typeof limit === 'number' ? { Name, Soft: limit, Hard: limit } : { Name, Soft: limit.soft, Hard: limit.hard },
  );
}

export function putSysctls(draft: ContainerDraft, value: Readonly<Record<string, string | null>>): void {
  draft.HostConfig['Sysctls'] = Object.fromEntries(
    Object.entries(value).map(([name, setting]) => [name, setting ?? '']),
  );
}

/** The engine wants `=`; people still write the older `:`. A seccomp profile in a file is not read. */
export function putSecurityOpt(draft: ContainerDraft, value: readonly string[], context: ContainerContext): void {
  const options = value.map((option) => (option.includes('=') ? option : option.replace(':', '=')));
  const isFile = (option: string): boolean => /^seccomp=(?!unconfined$|builtin$)/.test(option);
  if (options.some(isFile)) context.refuse('security_opt', 'a seccomp profile in a file is not carried out yet');
  draft.HostConfig['SecurityOpt'] = options.filter((option) => !isFile(option));
}

export function putDevices(draft: ContainerDraft, value: readonly DeviceMapping[]): void {
  draft.HostConfig['Devices'] = value.map((device) => ({
    PathOnHost: device.source,
    PathInContainer: device.target ?? device.source,
    CgroupPermissions: device.permissions ?? 'rwm',
  }));
}

/** `gpus` and `deploy.resources.reservations.devices` may both ask. */
function putDeviceRequests(draft: ContainerDraft, value: readonly DeviceRequest[], more: readonly string[] = []): void {
  const before = draft.HostConfig['DeviceRequests'];
  const requests = value.map((request) => ({
    Driver: request.driver ?? '',
    Count: request.count ?? (request.device_ids === undefined ? -1 : 0),
    DeviceIDs: request.device_ids ?? [],
    Capabilities: [[...new Set([...more, ...(request.capabilities ?? [])])]],
    Options: Object.fromEntries(Object.entries(request.options ?? {}).map(([name, text]) => [name, text ?? ''])),
  }));
  draft.HostConfig['DeviceRequests'] = [...(Array.isArray(before) ? before : []), ...requests];
}

export function putGpus(draft: ContainerDraft, value: readonly DeviceRequest[]): void {
  putDeviceRequests(draft, value, ['gpu']);
}

export function putBlockIo(draft: ContainerDraft, value: BlockIo): void {
  const rates = (list: BlockIo['device_read_bps']): unknown =>
    list?.map(({ path, rate }) => ({ Path: path, Rate: Number(rate) }));
  Object.assign(draft.HostConfig, {
    BlkioWeight: value.weight,
    BlkioWeightDevice: value.weight_device?.map(({ path, weight }) => ({ Path: path, Weight: weight })),
    BlkioDeviceReadBps: rates(value.device_read_bps),
    BlkioDeviceReadIOps: rates(value.device_read_iops),
    BlkioDeviceWriteBps: rates(value.device_write_bps),
    BlkioDeviceWriteIOps: rates(value.device_write_iops),
  });
}

interface Resources {
  readonly limits?: { readonly cpus?: number; readonly memory?: string; readonly pids?: number };
  readonly reservations?: {
    readonly memory?: string;
    readonly generic_resources?: unknown;
    readonly devices?: readonly DeviceRequest[];
  };
}

interface RestartPolicy {
  readonly condition?: 'none' | 'on-failure' | 'any';
  readonly max_attempts?: number;
}

type FullDeploy = Deploy & { readonly resources?: Resources; readonly restart_policy?: RestartPolicy };

/** Limits here win over mem_limit, cpus and pids_limit, as in Compose; `restart` wins over restart_policy. */
export function putDeploy(draft: ContainerDraft, deploy: FullDeploy, context: ContainerContext): void {
  const { limits = {}, reservations = {} } = deploy.resources ?? {};
  const host = draft.HostConfig;
  if (limits.cpus !== undefined) putCpus(draft, limits.cpus);
  if (limits.memory !== undefined) host['Memory'] = Number(limits.memory);
  if (limits.pids !== undefined) host['PidsLimit'] = limits.pids;
  if (reservations.memory !== undefined) host['MemoryReservation'] = Number(reservations.memory);
  if (reservations.devices !== undefined) putDeviceRequests(draft, reservations.devices);
  if (reservations.generic_resources !== undefined) {
    context.refuse('deploy.resources.reservations.generic_resources', 'only a Swarm knows them');
  }
  if (deploy.restart_policy !== undefined && context.service.restart === undefined) {
    host['RestartPolicy'] = enginePolicy(deploy.restart_policy);
  }
}

function enginePolicy({ condition = 'any', max_attempts }: RestartPolicy): unknown {
  const names = { none: 'no', 'on-failure': 'on-failure', any: 'always' } as const;
  const tries = condition === 'on-failure' && max_attempts !== undefined;
  return { Name: names[condition], ...(tries && { MaximumRetryCount: max_attempts }) };
}
