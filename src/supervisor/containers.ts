/** The project's containers as last seen, by their ids and by their places in the plan. */

import { isDeepStrictEqual } from 'node:util';
import type { Container } from '../ports/engine.ts';
import type { Fleet, MemberPlan, ServicePlan } from '../redundancy/fleet.ts';
import { inPlace, isForeignTo, ownerOf } from './owners.ts';

/** What can be worked out from the containers and the plan alone, for one service. */
interface Holdings {
  readonly gateway: Container[];
  /** by member */
  readonly members: Map<string, Container[]>;
  readonly foreign: readonly Container[];
}

export class Containers {
  #fleet: Fleet;
  readonly #byId = new Map<string, Container>();
  /** by service; null: to be found out anew */
  #holdings: Map<string, Holdings> | null = null;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
  }

  setFleet(fleet: Fleet): void {
    this.#fleet = fleet;
    this.#holdings = null;
  }

  get(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  all(): Container[] {
    return [...this.#byId.values()];
  }

  /** @returns whether it is another one now */
  set(container: Container): boolean {
    if (isDeepStrictEqual(this.#byId.get(container.id), container)) return false;
    this.#byId.set(container.id, container);
    this.#holdings = null;
    return true;
  }

  /** @returns whether it was there */
  delete(id: string): boolean {
    if (!this.#byId.delete(id)) return false;
    this.#holdings = null;
    return true;
  }

  inPlaceOf(service: ServicePlan, member: MemberPlan | null): Container | null {
    const own = this.#inPlace(service.name, member?.name ?? null);
    return inPlace(own, member ? member.containerName : (service.gateway?.containerName ?? ''));
  }

  /** Others in a member's place: they are put aside while it is replaced. */
  asideOf(service: ServicePlan, member: MemberPlan, container: Container): readonly Container[] {
    return this.#inPlace(service.name, member.name).filter(({ id }) => id !== container.id);
  }

  /** That carry the service's name and are none of ours. */
  foreignTo(service: ServicePlan): readonly Container[] {
    return this.#held().get(service.name)?.foreign ?? [];
  }

  /** @param member null: the gateway's */
  #inPlace(service: string, member: string | null): readonly Container[] {
    const held = this.#held().get(service);
    return (member === null ? held?.gateway : held?.members.get(member)) ?? [];
  }

  #held(): Map<string, Holdings> {
    this.#holdings ??= holdingsOf(this.#fleet, this.all());
    return this.#holdings;
  }
}

function holdingsOf(fleet: Fleet, containers: readonly Container[]): Map<string, Holdings> {
  const holdings = new Map(
    fleet.services.map((service) => {
      const foreign = containers.filter((container) => isForeignTo(service, container));
      return [service.name, { gateway: [], members: new Map<string, Container[]>(), foreign } as Holdings];
    }),
  );
  for (const container of containers) {
    const owner = ownerOf(fleet, container);
    const held = owner && holdings.get(owner.service);
    if (!owner || !held) continue;
    if (owner.isGateway) held.gateway.push(container);
    else held.members.set(owner.member, [...(held.members.get(owner.member) ?? []), container]);
  }
  return holdings;
}
