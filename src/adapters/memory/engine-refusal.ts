import { TwinhullError } from '../../errors.ts';

/** The engine's "no", with its HTTP status. */
export function refused(status: number, message: string): TwinhullError {
  return new TwinhullError('TH_ENGINE_REFUSED', `the engine refused: ${message}`, { status });
}
