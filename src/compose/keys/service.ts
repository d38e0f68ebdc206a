/** The keys of a service. The table is split by topic; this file puts it together. */

import type { Service } from '../project.ts';
import type { ServiceKeyTable } from './key.ts';
import { containerKeys } from './service-container.ts';
import { hostKeys } from './service-host.ts';
import { lifecycleKeys } from './service-lifecycle.ts';
import { networkKeys } from './service-network.ts';
import { storageKeys } from './service-storage.ts';
import { object } from './shapes.ts';

export const serviceKeys: ServiceKeyTable = {
  ...containerKeys,
  ...networkKeys,
  ...storageKeys,
  ...hostKeys,
  ...lifecycleKeys,
};

export const service = object<Service>(serviceKeys, { of: 'a service', emptyLater: true });
