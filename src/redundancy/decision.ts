import type { Mode, Standby } from '../core/model.ts';
import type { Analysis } from './analysis.ts';
import type { Note } from './fleet.ts';
import { declaredReplicas, standbyOf } from './mode.ts';
import { type MemberName, memberNames } from './names.ts';
import { refusals } from './refusals.ts';

/** What becomes of a service. */
export interface Decision {
  readonly mode: Mode;
  readonly reason: string;
  readonly standby: Standby;
  /** at most one of its containers may run: they would write the same data */
  readonly oneWriter: boolean;
  readonly hasGateway: boolean;
  readonly members: readonly MemberName[];
  readonly refused: readonly Note[];
}

export function decide(analysis: Analysis): Decision {
  const { asked, name, service } = analysis;
  const declared = declaredReplicas(service);
  if (declared === 0) return asItIs(analysis, asked.mode === 'single' ? asked.reason : 'deploy.replicas is 0', []);
  if (asked.mode === 'single') return asItIs(analysis, asked.reason, []);
  const hasGateway = analysis.gateway.wanted && analysis.ports.ports.length > 0 && service.network_mode === undefined;
  const members = memberNames(name, asked.mode, asked.replicas, hasGateway);
  const oneWriter = hasOneWriter(analysis);
  const against = refusals({ ...analysis, hasGateway, oneWriter, members });
  if (against.length > 0) return refuse(analysis, against);
  const standby = standbyOf(analysis.settings, asked, { hasGateway, oneWriter });
  const { mode, reason } = asked;
  return { mode, reason, standby, oneWriter, hasGateway, members, refused: surplus(analysis) };
}

/** It has state, and nobody who should know has said that several may write it. */
function hasOneWriter({ state, settings, asked }: Analysis): boolean {
  return state.places.length > 0 && settings.shared_volumes !== true && !asked.replicasByUser;
}

/** The service stays as Compose makes it; `against` says why. */
export function refuse(analysis: Analysis, against: readonly Note[]): Decision {
  const first = against[0]?.what ?? '';
  return asItIs(analysis, `stays as it is: ${first}`, against);
}

function asItIs(analysis: Analysis, reason: string, refused: readonly Note[]): Decision {
  const members = memberNames(analysis.name, 'single', declaredReplicas(analysis.service) ?? 1, false);
  const oneWriter = members.length === 1 && hasOneWriter(analysis);
  return { mode: 'single', reason, standby: 'hot', oneWriter, hasGateway: false, members, refused };
}

/** Replicas that a pair leaves out. */
function surplus({ asked, service }: Analysis): readonly Note[] {
  const declared = declaredReplicas(service) ?? 0;
  if (asked.mode !== 'pair' || declared <= 2) return [];
  return [
    {
      what: `deploy.replicas: ${declared}`,
      why: 'a pair has two members; ask for mode cluster or pair+cluster to have more',
    },
  ];
}
