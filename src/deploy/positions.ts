/** What is there of a service, compared with what should be. */

import type { Container, ContainerSpec } from '../ports/engine.ts';
import type { MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import { LABEL } from '../labels.ts';
import { type GatewayBlueprint, wantedMember } from './blueprint.ts';
import { type Existing, type GatewaySeen, isOurs } from './existing.ts';
import { isReplaced } from '../redundancy/replaced-name.ts';
import type { WantedContainer } from './steps.ts';

/** A service, what there is of it, and whether everything is to be made anew. */
export interface ServiceScene {
  readonly service: ServicePlan;
  readonly blueprint: GatewayBlueprint | null;
  readonly existing: Existing;
  readonly options: { readonly forceRecreate: boolean };
}

/** What is there for one container that should be, and what has to happen to it. */
export interface Position {
  readonly wanted: WantedContainer;
  readonly current: Container | null;
  /** null: as it should be */
  readonly difference: string | null;
  readonly start: boolean;
}

export interface MemberPosition extends Position {
  readonly plan: MemberPlan;
}

export function memberPositions(scene: ServiceScene): MemberPosition[] {
  const positions = scene.service.members.map((plan) => {
    const wanted = wantedMember(scene.service, plan);
    const current = currentOf(scene, wanted);
    return {
      plan,
      wanted,
      current,
      difference: current && differenceOf(scene, wanted, current),
      start: plan.startsAtUp,
    };
  });
  const pair = positions.filter(({ plan }) => plan.role !== 'replica');
  if (!pair.some(({ plan }) => plan.role === 'backup')) return positions;
  const leader = scene.existing.gateways.get(scene.service.name)?.leader ?? null;
  switch (scene.service.policy.standby) {
    case 'hot':
      return positions;
    case 'warm':
      return positions.map((position) =>
        pair.includes(position) && isPausedStandby(position, pair, leader) ? { ...position, start: false } : position,
      );
    case 'cold': {
      const chosen = theOneToRun(pair, leader);
      return positions.map((position) =>
        pair.includes(position) ? { ...position, start: position === chosen } : position,
      );
    }
  }
}

/** Of a cold pair: the one that leads or runs, whichever role it was made for; with none, the one that led or the primary. */
function theOneToRun(pair: readonly MemberPosition[], leader: string | null): MemberPosition | undefined {
  const leads = ({ plan }: MemberPosition): boolean => plan.name === leader;
  const up = pair.filter(({ current }) => current !== null && isUp(current));
  const running = up.find(({ current }) => current !== null && isRunning(current));
  return up.find(leads) ?? running ?? up[0] ?? pair.find(leads) ?? pair.find(({ plan }) => plan.startsAtUp);
}

/** As it should be: it does not lead, and another one runs. It is woken when one of the two is made anew. */
function isPausedStandby(
  { current, plan }: MemberPosition,
  pair: readonly MemberPosition[],
  leader: string | null,
): boolean {
  if (pair.some(({ difference }) => difference !== null)) return false;
  const othersRun = pair.some((other) => other.plan !== plan && other.current !== null && isRunning(other.current));
  return current?.state === 'paused' && plan.name !== leader && othersRun;
}

export interface GatewayPosition extends Position {
  /** its container stays, and has to be given another configuration */
  readonly stale: boolean;
}

export function gatewayPosition(scene: ServiceScene): GatewayPosition | null {
  const { blueprint, service, existing } = scene;
  if (!blueprint) return null;
  const current = currentOf(scene, blueprint.container);
  const seen = existing.gateways.get(service.name);
  const lost = current && isUp(current) ? cutOff(seen) : null;
  const difference = current && (differenceOf(scene, blueprint.container, current) ?? lost);
  const reachable = difference === null && current !== null && isRunning(current) && seen?.answers === true;
  const stale = reachable && !(seen.isConfigured && seen.hasConfiguration);
  return { wanted: blueprint.container, current, difference, start: true, stale };
}

/** A gateway that runs and cannot be told anything: it has to be made anew for what it should know. */
function cutOff(seen: GatewaySeen | undefined): string | null {
  if (!seen?.hasFiles) return 'its folder is lost';
  return seen.answers || seen.hasConfiguration ? null : 'its configuration changed, and it does not answer';
}

/**
 * By name; else one for the same Compose service and number: made from the generated file, or by Compose from the
 * original one, which had the volumes handed over.
 */
function currentOf({ existing, service }: ServiceScene, wanted: WantedContainer): Container | null {
  const live = existing.containers.filter((container) => !isReplaced(container));
  const isSame = ({ labels }: Container): boolean =>
    labels[LABEL.service] === wanted.spec.Labels[LABEL.service] &&
    labels[LABEL.number] === wanted.spec.Labels[LABEL.number] &&
    [undefined, service.name].includes(labels[LABEL.ours]);
  return live.find(({ name }) => name === wanted.name) ?? live.find(isSame) ?? null;
}

function differenceOf({ existing, options }: ServiceScene, wanted: WantedContainer, current: Container): string | null {
  const image = existing.images.get(wanted.spec.Image);
  if (!isOurs(current)) return 'another tool made it';
  if (current.name !== wanted.name) return 'its name changed';
  if (current.labels[LABEL.role] === 'gateway' ? wanted.role !== 'gateway' : wanted.role === 'gateway')
    return `it becomes the ${wanted.role}`;
  if (current.labels[LABEL.hash] !== wanted.spec.Labels[LABEL.hash]) return 'its configuration changed';
  if (image && !current.partial && image.id !== current.imageId) return 'its image changed';
  if (current.state === 'dead' || current.state === 'removing') return `it is ${current.state}`;
  if (current.state === 'created' && missingNetworks(wanted.spec, current).length > 0)
    return 'its creation was interrupted';
  return options.forceRecreate ? 'asked for' : null;
}

export function missingNetworks({ Networks }: ContainerSpec, { networks }: Container): ContainerSpec['Networks'] {
  return Networks.filter(({ network }) => networks[network] === undefined);
}

/**
 * Ours, of this service, and no longer wanted: a smaller cluster, another mode. A second container for a place that
 * is taken is none of ours: an image that was committed from a member has its labels, and so has what runs from it.
 */
export function surplusOf(
  { existing, service }: ServiceScene,
  members: readonly Position[],
  gateway: Position | null,
): Container[] {
  const positions = gateway ? [...members, gateway] : members;
  const kept = new Set(positions.map(({ current }) => current?.id));
  const taken = new Set(positions.flatMap(({ wanted, current }) => (current ? [placeOf(wanted.spec.Labels)] : [])));
  return existing.containers.filter(
    (container) =>
      container.labels[LABEL.ours] === service.name &&
      !kept.has(container.id) &&
      !taken.has(placeOf(container.labels)) &&
      !isReplaced(container),
  );
}

function placeOf(label: Container['labels']): string {
  return `${label[LABEL.service]}/${label[LABEL.number]}`;
}

export function isMemberNow({ labels }: Container): boolean {
  return labels[LABEL.role] !== 'gateway' && labels[LABEL.ours] !== undefined;
}

export function isRunning({ state }: Container): boolean {
  return state === 'running' || state === 'restarting';
}

/** Running, if only paused. */
export function isUp(container: Container): boolean {
  return isRunning(container) || container.state === 'paused';
}
