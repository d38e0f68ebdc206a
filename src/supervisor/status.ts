import type { Mode, Role, Verdict } from '../core/model.ts';

/** `twinhull status --json`. Keys are only ever added. */
export interface ProjectStatus {
  readonly project: string;
  /** a supervisor was asked, not just the record */
  readonly supervised: boolean;
  /** '' or why repairs are frozen, for a person */
  readonly frozen: string;
  readonly services: readonly ServiceStatus[];
}

export interface ServiceStatus {
  readonly name: string;
  readonly mode: Mode;
  readonly serving: boolean;
  /** '' while it serves as it should, else what is wrong, for a person */
  readonly reason: string;
  readonly members: readonly MemberStatus[];
  readonly gateway: { readonly containerId: string | null; readonly state: string } | null;
  readonly lastIncident: LastIncident | null;
}

export interface MemberStatus {
  readonly name: string;
  /** of this moment: who leads is primary */
  readonly role: Role;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly containerId: string | null;
}

/** times: milliseconds since 1970 */
export interface LastIncident {
  readonly id: string;
  readonly kind: string;
  readonly member: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly actions: readonly { readonly at: number; readonly what: string; readonly outcome: string }[];
}
