import type { FailureKind } from './model.ts';

/** What a member is like right now, as far as we can tell. Lives only within decide(); people see verdicts. */
export type Condition =
  | { readonly is: 'well' }
  | { readonly is: 'starting'; readonly why: string }
  /** a cold standby as it should be */
  | { readonly is: 'standby' }
  /** runs, and gets no traffic until it is put in and passes its check */
  | { readonly is: 'returning' }
  | { readonly is: 'suspect'; readonly failure: FailureKind; readonly confirmations: number; readonly why: string }
  /** gone: it cannot answer at all, so taking it out of traffic takes nothing from anybody */
  | {
      readonly is: 'failed';
      readonly failure: FailureKind;
      readonly gone: boolean;
      /** requests inside it may still be answered until then: they are not cut before */
      readonly patientUntil: number;
      /** it passes its checks and answers: it is ended only while another one serves; absent: no */
      readonly serves?: true;
      readonly why: string;
    }
  /** it died, and whether somebody asked for it is clear only at `until` */
  | { readonly is: 'unclear'; readonly until: number; readonly why: string }
  | { readonly is: 'stopped'; readonly why: string }
  | { readonly is: 'completed' }
  | { readonly is: 'quarantined' }
  | { readonly is: 'unknown'; readonly why: string };

export type Failed = Extract<Condition, { is: 'failed' }>;

export function failure(kind: FailureKind, gone: boolean, why: string): Failed {
  return { is: 'failed', failure: kind, gone, patientUntil: 0, why };
}

/** of a service whose name another tool's container holds, for a person */
export const FOREIGN = 'a container that is not ours holds the service; twinhull up takes it back';
