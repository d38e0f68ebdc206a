/**
 * A supervisor that dies on purpose: at the n-th time that it comes to a named step of its journal, so that a test can
 * see what the next one makes of what it finds. Every place between "nothing is on disk yet" and "it is done, and on
 * disk" is one step; nothing of the supervisor runs after it.
 */

import { TwinhullError } from '../errors.ts';

/** In the order in which one effect comes to them. begin: its entry in the journal; complete: the end of that. */
export const JOURNAL_STEPS = [
  'before-begin',
  'after-begin',
  'after-action',
  'before-complete',
  'after-complete',
] as const;
export type JournalStep = (typeof JOURNAL_STEPS)[number];

/** Told of each step when it is reached; may not return. */
export type Failpoint = (step: JournalStep) => void;

/**
 * @param text `STEP:N`, N from 1; empty or absent: it never dies
 * @param die ends the process at once, with nothing written or said
 * @throws TH_USAGE when it is anything else
 */
export function failpointFrom(text: string | undefined, die: () => void): Failpoint {
  if (!text) return () => undefined;
  const [name, number = '', ...more] = text.split(':');
  const step = JOURNAL_STEPS.find((known) => known === name);
  if (!step || !/^[1-9]\d{0,5}$/.test(number) || more.length > 0) throw malformed(text);
  let left = Number(number);
  return (reached) => {
    if (reached === step && --left === 0) die();
  };
}

function malformed(text: string): TwinhullError {
  return new TwinhullError(
    'TH_USAGE',
    `TWINHULL_FAILPOINT is ${JSON.stringify(text)}, and has to be STEP:N with N from 1 and STEP one of ${JOURNAL_STEPS.join(', ')}`,
  );
}
