/** Volumes, files and devices. */

import { hostBytes, hostField } from '../create/fields.ts';
import { putConfigs, putSecrets } from '../create/files.ts';
import { putTmpfs, putVolumes, putVolumesFrom } from '../create/mounts.ts';
import { putDevices, putGpus } from '../create/resources.ts';
import { devices, gpus } from './devices.ts';
import { fileUses } from './file-uses.ts';
import { key, type ServiceKeyTable } from './key.ts';
import { mounts } from './mounts.ts';
import { append } from './merge.ts';
import { boolean, bytes, textOrNumber } from './scalars.ts';
import { distinctTexts, mapOf, textOrList } from './shapes.ts';

export const storageKeys = {
  volumes: key({
    shape: mounts,
    engine: { put: putVolumes },
    doc: 'Folders of the host and named volumes in the container.',
  }),
  volumes_from: key({
    shape: distinctTexts,
    engine: { put: putVolumesFrom },
    doc: 'All volumes of another service or container.',
  }),
  tmpfs: key({ shape: textOrList, merge: append, engine: { put: putTmpfs }, doc: 'Folders in memory.' }),
  configs: key({
    shape: fileUses('config'),
    engine: { put: putConfigs },
    doc: 'Configuration files from the top-level configs.',
  }),
  secrets: key({
    shape: fileUses('secret'),
    engine: { put: putSecrets },
    doc: 'Secret files from the top-level secrets.',
  }),
  read_only: key({
    shape: boolean,
    engine: hostField('ReadonlyRootfs'),
    doc: "The container's own file system cannot be written.",
  }),
  shm_size: key({ shape: bytes, engine: hostBytes('ShmSize'), doc: 'Size of /dev/shm.' }),
  storage_opt: key({
    shape: mapOf(textOrNumber),
    engine: hostField('StorageOpt'),
    doc: 'Options of the storage driver.',
  }),
  devices: key({ shape: devices, engine: { put: putDevices }, doc: 'Devices of the host.' }),
  device_cgroup_rules: key({
    shape: distinctTexts,
    engine: hostField('DeviceCgroupRules'),
    doc: 'Further devices by cgroup rule.',
  }),
  gpus: key({ shape: gpus, engine: { put: putGpus }, doc: 'GPUs: all, or a list.' }),
} as const satisfies ServiceKeyTable;
