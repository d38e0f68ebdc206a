/**
 * What must survive: one file a project. All calls are synchronous, as SQLite is: a journal entry stands on disk before
 * the action it announces begins.
 */

import type { FailureKind } from '../core/model.ts';

/** An action, announced before it runs and completed after. */
export interface JournalEntry {
  readonly id: number;
  readonly at: number;
  /** plain data, one of core's actions */
  readonly action: unknown;
  readonly incident: string | null;
  readonly endedAt: number | null;
  readonly outcome: 'done' | 'failed' | 'abandoned' | null;
  readonly detail: string;
}

/** What was seen of an incident, or weighed for it, when. */
export interface IncidentNote {
  readonly at: number;
  readonly kind: 'seen' | 'considered';
  /** in words */
  readonly text: string;
  /** considered: when it is looked at again at the latest; null: with the next news */
  readonly until: number | null;
}

export interface IncidentRecord {
  readonly id: string;
  readonly service: string;
  readonly member: string;
  readonly kind: FailureKind;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** made on purpose; absent: no */
  readonly drill?: boolean;
  /** what was seen, in words */
  readonly evidence: readonly string[];
  /** what was seen and what was weighed, in order; absent: by an older version, which kept the evidence alone */
  readonly notes?: readonly IncidentNote[];
  /** what was done, in words, in order */
  readonly actions: readonly { readonly at: number; readonly what: string; readonly outcome: string }[];
  readonly outcome: 'repaired' | 'quarantined' | 'superseded' | null;
  readonly impact: {
    readonly failedRequests: number;
    readonly retriedRequests: number;
    readonly withoutServiceMs: number;
  };
}

/** One line of the record for people and machines: twinhull events. */
export interface EventRecord {
  readonly id: number;
  readonly time: number;
  readonly kind: string;
  readonly service: string | null;
  readonly member: string | null;
  readonly incident: string | null;
  readonly message: string;
}

export interface HealthRecord {
  readonly time: number;
  readonly service: string;
  readonly member: string;
  readonly verdict: string;
  readonly detail: string;
}

export interface LeaseHolder {
  readonly pid: number;
  readonly host: string;
  readonly startedAt: number;
  /** grows with each holder */
  readonly token: number;
  /** "supervisor" or the command that holds it for a moment */
  readonly purpose: string;
}

export interface Store {
  announce(at: number, action: unknown, incident: string | null): number;
  complete(id: number, at: number, outcome: 'done' | 'failed' | 'abandoned', detail: string): void;
  /** announced and not completed, oldest first: what was under way when the last supervisor died */
  pending(): JournalEntry[];
  /** announced from `sinceMs` until `untilMs`, both included, oldest first */
  journal(options: { readonly sinceMs: number; readonly untilMs: number }): JournalEntry[];

  saveIncident(incident: IncidentRecord): void;
  incident(id: string): IncidentRecord | null;
  /** newest first */
  incidents(options?: {
    readonly service?: string;
    readonly open?: boolean;
    readonly limit?: number;
  }): IncidentRecord[];

  appendEvent(event: Omit<EventRecord, 'id'>): EventRecord;
  /**
   * Oldest first, with id greater than `afterId` and time from `sinceMs`. `limit`: with `afterId` the first ones
   * after it, without it the newest ones.
   */
  events(options?: { readonly afterId?: number; readonly sinceMs?: number; readonly limit?: number }): EventRecord[];

  appendHealth(records: readonly HealthRecord[]): void;
  /** the newest `limit`, oldest first */
  health(service: string, limit: number): HealthRecord[];

  /** small documents by name: the core's memory, the fleet, roles */
  saveDocument(name: string, value: unknown): void;
  /** null when there is none, or when its text is not the one that was saved any more */
  document(name: string): unknown;

  /**
   * Drops history beyond the limits: everything from before `before` (milliseconds since 1970), all but the newest
   * health entries of each service, and all but the `newest` events, actions and incidents: what flaps all day must
   * not fill the disk. What is still open (incidents, announced actions) stays.
   */
  prune(limits: { readonly entriesPerService: number; readonly before: number; readonly newest: number }): void;

  /** Takes the project's lease for this process, or tells who has it. It is free again when the process ends, however it ends. */
  acquireLease(
    purpose: string,
    now: number,
  ): { readonly held: true; readonly token: number } | { readonly held: false; readonly holder: LeaseHolder };
  leaseHolder(): LeaseHolder | null;
  releaseLease(): void;

  close(): void;
}

/**
 * A store on disk: everything written is durable when the call returns. What cannot be written, since the disk is full,
 * is refused with TH_STATE_FULL and leaves everything as it was; what is there can be read all the same.
 */
export interface DurableStore extends Store {
  /** All that `work` writes is on disk when this returns, or, when it throws, nothing of it. */
  atOnce(work: () => void): void;
}
