import { Random } from '../../src/simulator/random.ts';
import type { Company } from './company.ts';

/** One kind of fault, and where it strikes. */
export interface FaultKind {
  readonly name: string;
  /** what is done, for the table; with what is undone by us, where twinhull is not expected to undo it */
  readonly title: string;
  /** services of the example one of which it strikes; 'supervisor' for what strikes none */
  readonly strikes: readonly string[];
  /** Makes the fault; gives the name of what was struck. Throws when it could not be made. */
  inject(company: Company, service: string, random: Random): Promise<string>;
}

export interface Draw {
  readonly kind: FaultKind;
  readonly service: string;
  /** for what is left to choose, such as the member */
  readonly random: Random;
}

/** The n-th fault of a seed: the same whatever came before it, so that a campaign may be ended and gone on with. */
export function draw(kinds: readonly FaultKind[], seed: string, number: number): Draw {
  const random = new Random(`${seed} ${number}`);
  const kind = random.pick(kinds);
  return { kind, service: random.pick(kind.strikes), random };
}
