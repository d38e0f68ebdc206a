import type { FaultKind } from './fault.ts';
import { groundFaults } from './ground-faults.ts';
import { memberFaults } from './member-faults.ts';

export const KINDS: readonly FaultKind[] = [...memberFaults, ...groundFaults];
