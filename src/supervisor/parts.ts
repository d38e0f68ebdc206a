/** What a supervisor is made of, and what others may ask of a running one. `loop.ts` has the class. */

import type { Decide } from '../core/guard.ts';
import type { Order } from '../core/model.ts';
import type { Explanation } from '../core/why.ts';
import type { Failpoint } from './failpoint.ts';
import type { OwnEnds } from './own-ends.ts';
import type { PatientStore } from './patient-store.ts';
import type { ProjectStatus } from './status.ts';
import type { Clock } from '../ports/clock.ts';
import type { Engine } from '../ports/engine.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Meter } from '../ports/meter.ts';
import type { Prober } from '../ports/prober.ts';
import type { Fleet, GatewayPlan, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';

export type { Explanation, Order };

/** Makes containers anew from the plan: the last rung of the repair ladder. Idempotent; a second call finishes the first. */
export interface Rebuilder {
  /**
   * Replaces (or, when it is gone, creates) a member's container: same name and address, anonymous volumes
   * carried over. Starts it when `start`. Rejects when the engine refuses; the old container is back then.
   */
  member(service: ServicePlan, member: MemberPlan, start: boolean, signal: AbortSignal): Promise<void>;
  /** The same for a service's gateway; its runtime files (leader, states) are kept. Starts it. */
  gateway(service: ServicePlan, gateway: GatewayPlan, signal: AbortSignal): Promise<void>;
  /**
   * Another tool's `down` took every gateway and left members behind: they are removed as `twinhull down`
   * would. Volumes are kept.
   */
  clearAway(signal: AbortSignal): Promise<void>;
}

export interface SupervisorParts {
  readonly fleet: Fleet;
  /** watched by `ownEnds`, as is that of everybody else in this process who changes the project */
  readonly engine: Engine;
  readonly ownEnds: OwnEnds;
  readonly openGateway: (plan: GatewayPlan) => Gateway;
  /** the lease is held by the caller */
  readonly store: PatientStore;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly prober: Prober;
  readonly rebuild: Rebuilder;
  /** for whoever tests what becomes of a wrong decision; absent: the core's own */
  readonly decide?: Decide;
  /** for whoever tests what the next supervisor finds; absent: this one does not die by itself */
  readonly failpoint?: Failpoint;
  /** one line for a person; the record itself is in the store */
  readonly log: (line: string) => void;
}

/** Implemented by `Supervisor` in loop.ts. */
export interface SupervisorHandle {
  /**
   * Watches and repairs until `signal` is aborted (`stopped`: nothing is touched, gateways go on by themselves)
   * or the project was taken down by any tool (`gone`). Rejects only on a broken invariant.
   */
  run(signal: AbortSignal): Promise<{ readonly ended: 'stopped' | 'gone' }>;
  /** Resolves when everything was looked at once: every container, and every gateway that answers. */
  whenSeen(): Promise<void>;
  status(): ProjectStatus;
  /**
   * A planned switch: new requests to `to` (default: the healthiest other member), nothing in flight cut.
   * Resolves when the gateway confirms it and the old leader has no request left, or its drain time is over.
   * Rejects TH_SWITCH_REFUSED with the reason when there is nobody fit to take over.
   */
  failover(service: string, to?: string): Promise<{ readonly from: string | null; readonly to: string }>;
  /** A drill is about to break this member; 0: it is over. What it breaks is on record as a drill, and not counted. */
  announceDrill(service: string, member: string, forMs: number): void;
  /** What a person wants of repairs, on disk when this returns. @returns what came of it, a line each; none: it was so already */
  order(order: Order): readonly string[];
  /** Why a service or a member is in the state it is in, and what happens next; null: nothing has this name. */
  why(name: string): Explanation | null;
  /** Restarts a service or one member, one member at a time, traffic led away first. `onStep` gets lines for a person. */
  restart(target: string, onStep?: (line: string) => void): Promise<void>;
  /** A new plan: what was asked to stop or was quarantined counts again. */
  setFleet(fleet: Fleet): void;
  /** While `work` runs, these services are watched and not repaired. They are looked at anew afterwards. */
  withBusy<Result>(services: readonly string[], work: () => Promise<Result>): Promise<Result>;
}
