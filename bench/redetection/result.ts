import { detectorsOf } from './detectors.ts';
import type { Mutation } from './mutation.ts';

/** What came of one mutation. */
export interface Result {
  readonly mutation: Mutation;
  /** in which it was tried last */
  readonly commit: string;
  /** the compiler's first word where the change is no program: then it was not tried */
  readonly typeError: string;
  /** detectors that were asked and found nothing */
  readonly silent: readonly string[];
  readonly foundBy: { readonly detector: string; readonly what: string } | null;
  /** of all detectors that were asked */
  readonly tookMs: number;
}

/** What it came to: nothing while there are detectors that were not asked. */
export function verdictOf({ mutation, typeError, silent, foundBy }: Result): 'no program' | 'found' | 'missed' | null {
  if (typeError !== '') return 'no program';
  if (foundBy !== null) return 'found';
  return silent.length >= detectorsOf(mutation.file).length ? 'missed' : null;
}
