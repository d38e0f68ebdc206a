import type { Project } from '../compose/project.ts';
import type { Image } from '../ports/engine.ts';
import { unsupportedBuildKeys } from './build-plan.ts';
import type { Analysis } from './analysis.ts';
import type { Decision } from './decision.ts';
import type { Note } from './fleet.ts';
import { healthTest } from './health-check.ts';
import { meddlesWith } from './known-images.ts';
import { imageReference } from '../compose/container.ts';
import { steeringOf } from './steering.ts';

/** What a person should know about a service's plan. */
export function serviceNotes(analysis: Analysis, decision: Decision): readonly Note[] {
  const protectedNotes =
    decision.mode === 'single'
      ? stateNote(analysis)
      : [...gatewayNotes(analysis, decision), ...memberNotes(analysis, decision)];
  return [...protectedNotes, ...unsupportedBuildKeys(analysis.service.build)];
}

function stateNote({ asked, state: { places, unnamed } }: Analysis): readonly Note[] {
  if (asked.mode !== 'single' || places.length === 0) return [];
  const pair = unnamed.length === 0 ? '; `mode: pair` gives it a standby, of which one runs at a time' : '';
  return [{ what: 'state', why: `it writes ${places.join(', ')}, so it has one writer and stays single${pair}` }];
}

function gatewayNotes(analysis: Analysis, decision: Decision): readonly Note[] {
  const { ports, project, service } = analysis;
  if (!decision.hasGateway) return [];
  const moved = steeringOf(project, service);
  const names = [...Object.keys(moved.labels), ...Object.keys(moved.environment)];
  const steered =
    names.length === 0
      ? []
      : [
          {
            what: 'labels and variables for another proxy',
            why: `${names.join(', ')} go to the gateway, so that the other proxy meets it`,
          },
        ];
  const blind = ports.blindToHangs ? [{ what: 'check', why: blindness(analysis) }] : [];
  return [...ports.explained.map((line) => ({ what: 'port', why: line })), ...blind, ...steered];
}

function blindness({ service, image }: Analysis): string {
  const own = healthTest(service, image) !== null;
  return `the gateway can only connect, so a member that hangs is seen ${own ? "only by Docker's own health check" : 'by nobody: give the service a health check'}`;
}

const TOLD = ['SERVICE_ROLE', 'SERVICE_NAME', 'REDUNDANCY_ENABLED'];

function memberNotes({ service, state, settings }: Analysis, { members, oneWriter }: Decision): readonly Note[] {
  const { places } = state;
  const own = TOLD.filter((key) => Object.hasOwn(service.environment ?? {}, key));
  const byUser =
    settings.shared_volumes === true ? '`shared_volumes: true` says so' : 'the project runs several replicas itself';
  return [
    ...noteIf(own.length > 0, own.join(', '), 'the project sets it itself, so members keep that value'),
    ...noteIf(
      service.hostname !== undefined,
      `hostname: ${service.hostname ?? ''}`,
      'all members have it; a program that tells its copies apart by host name cannot',
    ),
    ...(oneWriter
      ? [oneWriterNote(state.places)]
      : noteIf(places.length > 0, 'shared state', `all members write ${places.join(', ')}: ${byUser}`)),
    ...noteIf(members.length === 1, 'one member', 'nobody takes over when it fails; raise deploy.replicas'),
  ];
}

function oneWriterNote(places: readonly string[]): Note {
  const why = `both members write ${places.join(', ')}, so one runs at a time: the other one is started when it is proven stopped, and until it has started nothing serves. Nobody but twinhull starts them: with no supervisor, one that ends stays ended`;
  return { what: 'one writer', why };
}

function noteIf(holds: boolean, what: string, why: string): readonly Note[] {
  return holds ? [{ what, why }] : [];
}

/** What concerns the whole project: others that act on containers by themselves, and what is not known yet. */
export function projectNotes(project: Project, images: ReadonlyMap<string, Image | null>): readonly Note[] {
  const uses = Object.entries(project.services).map(([name, service]) => ({
    name,
    reference: imageReference(name, service, project),
  }));
  const meddlers = uses.flatMap(({ name, reference }) => {
    const why = meddlesWith(reference);
    const remedy = 'keep it away from protected services (exclude them by its labels, or remove it)';
    return why === null ? [] : [{ what: `service ${name}`, why: `${why}; ${remedy}` }];
  });
  const missing = [...new Set(uses.map(({ reference }) => reference).filter((reference) => !images.get(reference)))];
  const why =
    'not here yet; the ports and volumes that images declare are known once they are, and can change this plan';
  return missing.length === 0 ? meddlers : [...meddlers, { what: `images ${missing.join(', ')}`, why }];
}
