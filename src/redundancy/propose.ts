import type { Project } from '../compose/project.ts';
import type { Mode } from '../core/model.ts';
import type { Image } from '../ports/engine.ts';
import { analyse, type Analysis } from './analysis.ts';
import { decide } from './decision.ts';
import { meddlesWith } from './known-images.ts';
import { relationsOf } from './relations.ts';
import { readSettings } from './settings.ts';

export interface Proposal {
  readonly service: string;
  readonly mode: Mode;
  /** why, for a person */
  readonly reason: string;
  /** what to write as x-twinhull; empty: nothing needs to be written */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * A mode for each service, with its reason: what already says something keeps it, what cannot be doubled stays.
 * @throws ComposeProblems when the x-twinhull that is there has mistakes
 */
export function proposeRedundancy(
  project: Project,
  facts: { readonly images: ReadonlyMap<string, Image | null> },
): readonly Proposal[] {
  const settings = readSettings(project);
  const relations = relationsOf(project);
  return Object.entries(project.services).map(([name, service]) =>
    propose(analyse(project, relations, name, service, settings, facts.images)),
  );
}

function propose(analysis: Analysis): Proposal {
  const { name, relations, settings, service } = analysis;
  if (settings.mode !== undefined || analysis.asked.mode !== 'single') {
    const decision = decide(analysis);
    return { service: name, mode: decision.mode, reason: `${decision.reason}; nothing to add`, settings: {} };
  }
  const stays = reasonToStay(analysis, relations.awaited.has(name));
  if (stays !== null) return { service: name, mode: 'single', reason: stays, settings: {} };
  const decision = decide({ ...analysis, asked: { ...analysis.asked, mode: 'pair' } });
  const against = decision.refused[0];
  if (decision.mode === 'single')
    return { service: name, mode: 'single', reason: `${against?.what ?? ''}: ${against?.why ?? ''}`, settings: {} };
  const ends =
    !decision.hasGateway &&
    (service.restart === undefined || service.restart === 'no' || service.restart.startsWith('on-failure'));
  if (ends)
    return {
      service: name,
      mode: 'single',
      reason: `it has no port and ${restartWords(service.restart)}, so it may be a job that ends`,
      settings: {},
    };
  return {
    service: name,
    mode: 'pair',
    reason: decision.oneWriter ? reasonToPairWriters(analysis) : reasonToPair(analysis, decision.hasGateway),
    settings: { mode: 'pair' },
  };
}

function restartWords(policy: string | undefined): string {
  return policy === undefined ? 'no restart policy' : `restart: ${policy}`;
}

function reasonToStay({ service, imageReference }: Analysis, isAwaited: boolean): string | null {
  const meddles = meddlesWith(imageReference);
  if (isAwaited) return 'others wait for it to complete: it is a job that ends';
  if (meddles !== null) return meddles;
  if (service.deploy?.replicas === 0 || service.scale === 0) return 'it has no container now';
  return null;
}

/** What it gains, and what it costs. */
function reasonToPairWriters({ state }: Analysis): string {
  return `it keeps state (${state.places.join(', ')}): its twin has the same volumes and is started when it is proven stopped; a switch costs the twin's start time without service`;
}

function reasonToPair({ ports, health }: Analysis, hasGateway: boolean): string {
  if (!hasGateway) return 'it runs all the time and has no port: its twin is created and started when it fails';
  const served = ports.ports.map(({ port }) => port).join(', ');
  const check = ports.ports[0]?.check;
  const asked =
    check?.kind === 'http' && check.expect === 'any' && health?.kind !== 'http'
      ? '; name a health URL with gateway: { check: { path: ... } }, none is known'
      : '';
  return `it serves port ${served} and keeps no state: its twin takes over within a moment${asked}`;
}
