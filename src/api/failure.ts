import { errorCatalogue, type ErrorCode, messageOf, TwinhullError } from '../errors.ts';

/** An error as one object: what --json prints and what the control socket carries. */
export interface FailureDocument {
  readonly code: ErrorCode;
  readonly message: string;
  /** what state things are in now; '' when nothing was changed */
  readonly state: string;
  readonly next: string;
  /** TH_COMPOSE_INVALID: each problem with its place */
  readonly problems?: readonly unknown[];
}

/** Anything thrown, as one of the catalogue; what is none of it is a defect. */
export function asTwinhullError(error: unknown): TwinhullError {
  if (error instanceof TwinhullError) return error;
  const message = messageOf(error);
  return new TwinhullError('TH_INTERNAL', message, { cause: error });
}

export function failureDocument(error: unknown): FailureDocument {
  const failure = asTwinhullError(error);
  const { code, message, state, next } = failure;
  const problems =
    'problems' in failure && Array.isArray(failure.problems) ? { problems: failure.problems as unknown[] } : {};
  return { code, message, state, next, ...problems };
}

/** The error that `document` describes; a document of another version, with a code unknown here, becomes TH_INTERNAL. */
export function failureFromDocument(document: FailureDocument): TwinhullError {
  const code = Object.hasOwn(errorCatalogue, document.code) ? document.code : 'TH_INTERNAL';
  return new TwinhullError(code, String(document.message), {
    state: String(document.state),
    next: String(document.next),
  });
}
