/** What fate can do. Each fault finds its victim by chance, says what it does, and can be taken back. */

import { messageOf } from '../../errors.ts';
import type { Container, Engine } from '../../ports/engine.ts';
import type { ServicePlan } from '../../redundancy/fleet.ts';
import type { Ailment } from '../members.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';

export type Family = 'process' | 'resources' | 'network' | 'daemon' | 'self' | 'operator' | 'noise';

/** One that has begun. */
export interface Begun {
  readonly what: string;
  /** members and services (for their gateways) that may be acted upon because of it; 'all': everything */
  readonly causes: readonly string[] | 'all';
  readonly lastsMs: number;
  /** Takes back what is still of it; what it broke stays broken. */
  end(): void;
}

export interface Fault {
  readonly name: string;
  readonly family: Family;
  /** null: there is nothing here that it could happen to */
  begin(world: World, random: Random): Begun | null;
}

const nothing = (): void => undefined;

export function begun(what: string, causes: Begun['causes'], lastsMs: number, end: () => void = nothing): Begun {
  return { what, causes, lastsMs, end };
}

/** A member that runs. */
export function pickRunning(
  world: World,
  random: Random,
): { readonly member: string; readonly container: Container } | null {
  const running = world.members.names().flatMap((member) => {
    const container = world.members.container(member);
    return container?.state === 'running' ? [{ member, container }] : [];
  });
  return running.length === 0 ? null : random.pick(running);
}

export function pickService(
  world: World,
  random: Random,
  fits: (service: ServicePlan) => boolean = () => true,
): ServicePlan | null {
  const fitting = world.fleet.services.filter(fits);
  return fitting.length === 0 ? null : random.pick(fitting);
}

/** A running member that is ill for a while. */
export function ailing(
  name: string,
  family: Family,
  lasts: readonly [number, number],
  ailment: (random: Random) => Omit<Ailment, 'member'>,
  words: string,
): Fault {
  return {
    name,
    family,
    begin(world, random) {
      const victim = pickRunning(world, random);
      if (!victim) return null;
      const end = world.members.ail({ member: victim.member, ...ailment(random) });
      return begun(`${victim.member} ${words}`, [victim.member], random.whole(...lasts), end);
    },
  };
}

/**
 * Well and ill by turns.
 * @returns ends it
 */
export function byTurns(
  world: World,
  ailment: Ailment,
  { wellMs, illMs }: { readonly wellMs: () => number; readonly illMs: () => number },
): () => void {
  let heal = (): void => undefined;
  let isOver = false;
  const turn = (isIll: boolean): void => {
    heal();
    if (isOver) return;
    heal = isIll ? world.members.ail(ailment) : nothing;
    world.clock.timer(isIll ? illMs() : wellMs(), () => turn(!isIll));
  };
  turn(true);
  return () => {
    isOver = true;
    heal();
  };
}

/** A running member that is well and ill by turns for a while. */
export function wavering(
  name: string,
  family: Family,
  lasts: readonly [number, number],
  ailment: Omit<Ailment, 'member'>,
  turns: { readonly well: readonly [number, number]; readonly ill: readonly [number, number] },
  words: string,
): Fault {
  return {
    name,
    family,
    begin(world, random) {
      const victim = pickRunning(world, random);
      if (!victim) return null;
      const { member } = victim;
      const end = byTurns(
        world,
        { member, ...ailment },
        { wellMs: () => random.whole(...turns.well), illMs: () => random.whole(...turns.ill) },
      );
      return begun(`${member} ${words}`, [member], random.whole(...lasts), end);
    },
  };
}

/** Something that a running member suffers once. */
export function blow(
  name: string,
  family: Family,
  words: string,
  hit: (world: World, container: Container, random: Random) => void,
): Fault {
  return {
    name,
    family,
    begin(world, random) {
      const victim = pickRunning(world, random);
      if (!victim) return null;
      hit(world, victim.container, random);
      return begun(`${victim.member} ${words}`, [victim.member], 0);
    },
  };
}

/** Ends something through the engine's API, by hand. */
export function endByHand(world: World, call: (engine: Engine) => Promise<unknown>): void {
  if (!world.isWatched()) world.needsUp = true;
  byHand(world, call);
}

/** A call by somebody's hand, which may take its time and may be refused. */
export function byHand(world: World, call: (engine: Engine) => Promise<unknown>): void {
  call(world.engine).catch((error: unknown) => world.trace.say('fate', `was refused: ${messageOf(error)}`));
}
