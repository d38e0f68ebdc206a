/** Volumes, files and devices. */

import { devices, gpus } from './devices.ts';
import { fileUses } from './file-uses.ts';
import { key, undecided, type ServiceKeyTable } from './key.ts';
import { mounts } from './mounts.ts';
import { append } from './merge.ts';
import { boolean, bytes, distinctTexts, mapOf, textOrList, textOrNumber } from './shapes.ts';

export const storageKeys = {
  volumes: key({ shape: mounts, engine: undecided, doc: 'Folders of the host and named volumes in the container.' }),
  volumes_from: key({ shape: distinctTexts, engine: undecided, doc: 'All volumes of another service or container.' }),
  tmpfs: key({ shape: textOrList, merge: append, engine: undecided, doc: 'Folders in memory.' }),
  configs: key({ shape: fileUses('config'), engine: undecided, doc: 'Configuration files from the top-level configs.' }),
  secrets: key({ shape: fileUses('secret'), engine: undecided, doc: 'Secret files from the top-level secrets.' }),
  read_only: key({ shape: boolean, engine: undecided, doc: 'The container\'s own file system cannot be written.' }),
  shm_size: key({ shape: bytes, engine: undecided, doc: 'Size of /dev/shm.' }),
  storage_opt: key({ shape: mapOf(textOrNumber), engine: undecided, doc: 'Options of the storage driver.' }),
  devices: key({ shape: devices, engine: undecided, doc: 'Devices of the host.' }),
  device_cgroup_rules: key({ shape: distinctTexts, engine: undecided, doc: 'Further devices by cgroup rule.' }),
  gpus: key({ shape: gpus, engine: undecided, doc: 'GPUs: all, or a list.' }),
} as const satisfies ServiceKeyTable;
