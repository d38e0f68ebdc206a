/** Everything that fate can do, by name. */

import { daemonFaults } from './faults/daemon.ts';
import type { Fault } from './faults/fault.ts';
import { networkFaults } from './faults/networks.ts';
import { noise } from './faults/noise.ts';
import { operatorFaults } from './faults/operators.ts';
import { orderFaults } from './faults/orders.ts';
import { processFaults } from './faults/processes.ts';
import { resourceFaults } from './faults/resources.ts';
import { selfFaults } from './faults/self.ts';

export const faults: readonly Fault[] = [
  ...processFaults,
  ...resourceFaults,
  ...networkFaults,
  ...daemonFaults,
  ...selfFaults,
  ...operatorFaults,
  ...orderFaults,
];

export { noise };
