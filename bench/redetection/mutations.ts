/** Every mutation there is, by what it breaks. A bug that is mended enters the list with the commit that mended it. */

import type { Mutation } from './mutation.ts';
import { brake } from './mutations/brake.ts';
import { hands } from './mutations/hands.ts';
import { health } from './mutations/health.ts';
import { picture } from './mutations/picture.ts';
import { repair } from './mutations/repair.ts';
import { resources } from './mutations/resources.ts';
import { standby } from './mutations/standby.ts';
import { supervisor } from './mutations/supervisor.ts';
import { surroundings } from './mutations/surroundings.ts';
import { traffic } from './mutations/traffic.ts';
import { writers } from './mutations/writers.ts';

export const mutations: readonly Mutation[] = [
  ...health,
  ...traffic,
  ...repair,
  ...brake,
  ...writers,
  ...standby,
  ...hands,
  ...surroundings,
  ...resources,
  ...supervisor,
  ...picture,
];
