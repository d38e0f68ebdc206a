import { TwinhullError } from '../errors.ts';

/** @param known what the project has, in any order, possibly more than once */
export function unknownName(target: string, known: readonly string[]): TwinhullError {
  const names = known.length === 0 ? 'nothing of this project runs' : `there are ${[...new Set(known)].join(', ')}`;
  return new TwinhullError('TH_UNKNOWN_NAME', `no service or member is called ${JSON.stringify(target)}; ${names}`);
}
