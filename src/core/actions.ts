/**
 * What the core wants done, as plain data. Effects change the world and are journaled before they run;
 * notes only go into the record. Waiting is in neither: the core says when it wants to be asked again.
 */

import type { Emergency } from './memory.ts';
import type { FailureKind } from './model.ts';

interface Effect<Kind extends string> {
  readonly kind: Kind;
  readonly service: string;
  readonly member: string;
  readonly incident: string | null;
  /** for a person at three in the morning */
  readonly reason: string;
  /** given up after this long, milliseconds */
  readonly deadlineMs: number;
}

/** Steers the gateway of a service. */
export type TrafficAction = Effect<'lead' | 'drain' | 'take_out' | 'put_in'>;

/** Changes one member's container. */
export type MemberAction = Effect<
  | 'start'
  | 'start_standby'
  | 'unpause'
  | 'restart_soft'
  | 'restart_hard'
  | 'reconnect'
  | 'replace'
  /** made anew and not started */
  | 'replace_standby'
  | 'stop'
  /** ended by force, and proven to be: another one is to write its data */
  | 'fence'
  /** out of traffic when it has finished what it has, then paused */
  | 'rest'
  | 'quarantine'
>;

/** Changes the gateway's container; `member` is the service's name. */
export type GatewayAction = Effect<'start_gateway' | 'unpause_gateway' | 'reconnect_gateway' | 'replace_gateway'>;

export type EffectAction = TrafficAction | MemberAction | GatewayAction;
export type EffectKind = EffectAction['kind'];

export type NoteAction =
  | {
      readonly kind: 'open_incident';
      readonly id: string;
      readonly service: string;
      readonly member: string;
      readonly failure: FailureKind;
      readonly startedAt: number;
      /** made on purpose */
      readonly drill: boolean;
      readonly evidence: readonly string[];
    }
  | {
      readonly kind: 'update_incident';
      readonly id: string;
      readonly service: string;
      readonly member: string;
      /** what it turned out to be */
      readonly failure: FailureKind;
      readonly evidence: string;
    }
  | {
      readonly kind: 'close_incident';
      readonly id: string;
      readonly service: string;
      readonly member: string;
      readonly outcome: 'repaired' | 'quarantined' | 'superseded';
      readonly withoutServiceMs: number;
      readonly reason: string;
    }
  /** what was weighed for an open incident, and what was decided for now */
  | {
      readonly kind: 'consider_incident';
      readonly id: string;
      readonly service: string;
      readonly member: string;
      readonly what: string;
      /** when it is looked at again at the latest, milliseconds since 1970; null: with the next news */
      readonly until: number | null;
    }
  /** somebody should look */
  | { readonly kind: 'alert'; readonly service: string | null; readonly member: string | null; readonly reason: string }
  /** the plan as it stands now */
  | { readonly kind: 'save_emergency'; readonly emergency: Emergency }
  /** something a person should find in the record */
  | {
      readonly kind: 'tell';
      readonly about: 'freeze' | 'maintenance' | 'emergency' | 'record';
      readonly service: string | null;
      readonly message: string;
    }
  | {
      readonly kind: 'verdict';
      readonly service: string;
      readonly member: string;
      readonly verdict: string;
      readonly was: string;
      readonly reason: string;
    };

export type Action = EffectAction | NoteAction;

/** Effects with the same key are the same wish: one at a time. */
export function keyOf(effect: Pick<EffectAction, 'kind' | 'service' | 'member'>): string {
  return `${effect.kind} ${effect.service} ${effect.member}`;
}

export function isEffect(action: Action): action is EffectAction {
  switch (action.kind) {
    case 'open_incident':
    case 'update_incident':
    case 'close_incident':
    case 'consider_incident':
    case 'alert':
    case 'tell':
    case 'save_emergency':
    case 'verdict':
      return false;
    default:
      return true;
  }
}

export function isTraffic(effect: EffectAction): effect is TrafficAction {
  return effect.kind === 'lead' || effect.kind === 'drain' || effect.kind === 'take_out' || effect.kind === 'put_in';
}

/** Its member's container may have a process afterwards that it did not have before. */
export function startsProcess(kind: EffectKind): boolean {
  switch (kind) {
    case 'start':
    case 'start_standby':
    case 'unpause':
    case 'restart_soft':
    case 'restart_hard':
    case 'replace':
      return true;
    case 'reconnect':
    case 'replace_standby':
    case 'stop':
    case 'fence':
    case 'rest':
    case 'quarantine':
    case 'lead':
    case 'drain':
    case 'take_out':
    case 'put_in':
    case 'start_gateway':
    case 'unpause_gateway':
    case 'reconnect_gateway':
    case 'replace_gateway':
      return false;
  }
}

export function isOnGateway(effect: EffectAction): effect is GatewayAction {
  return effect.kind.endsWith('_gateway');
}
