import { parseDuration } from '../../duration.ts';
import { scalar } from '../node.ts';
import type { Shape } from './key.ts';
import { integer } from './scalars.ts';

const whole = integer();

/** Microseconds: a number, or a duration such as 95ms. */
export const microseconds: Shape<number> = {
  ...whole,
  expected: 'microseconds, or a duration such as 95ms',
  read: (node, place) => {
    const ms =
      node.kind === 'scalar' && typeof node.value === 'string' && /[a-zµ]$/.test(node.value)
        ? parseDuration(node.value)
        : null;
    return ms === null ? whole.read(node, place) : scalar(Math.round(ms * 1000), node.at);
  },
};
