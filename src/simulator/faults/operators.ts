import { messageOf } from '../../errors.ts';
import type { World } from '../world.ts';
import { begun, byHand, type Fault, pickRunning, pickService } from './fault.ts';

/** A command of ours, as somebody gives it. */
export function command(world: World, words: string, work: () => Promise<unknown> | undefined): void {
  const said = (how: string): void => world.trace.say('operator', `${words}: ${how}`);
  world.commandsAt.push(world.clock.now());
  const running = work();
  if (!running) return said('nobody supervises');
  running.then(
    () => said('done'),
    (error: unknown) => said(messageOf(error)),
  );
}

/** A person who has seen that something stays stopped which is wanted, and says `up` until it is done. */
export function insistOnUp(world: World): void {
  const again = (): void => void world.clock.timer(20_000, () => insistOnUp(world));
  if (world.twinhull.process?.life.isRunning === false) return again();
  command(world, 'up', () =>
    world.twinhull.up().catch((error: unknown) => {
      again();
      throw error;
    }),
  );
}

/** What people do, on purpose or not. What they stop, they start again with `up`. */
export const operatorFaults: readonly Fault[] = [
  {
    name: 'docker stop',
    family: 'operator',
    begin(world, random) {
      const victim = pickRunning(world, random);
      if (!victim) return null;
      byHand(world, (engine) => engine.stopContainer(victim.container.id, { timeoutSeconds: 2 }));
      const { service } = world.members.place(victim.member);
      return begun(
        `somebody stops ${victim.member}`,
        service.members.map(({ name }) => name),
        random.whole(10_000, 120_000),
        () => insistOnUp(world),
      );
    },
  },
  {
    name: 'docker restart',
    family: 'operator',
    begin(world, random) {
      const victim = pickRunning(world, random);
      if (!victim) return null;
      byHand(world, (engine) => engine.restartContainer(victim.container.id, { timeoutSeconds: 2 }));
      return begun(`somebody restarts ${victim.member}`, [victim.member], 0);
    },
  },
  {
    name: 'docker rm -f',
    family: 'operator',
    begin(world, random) {
      const victim = pickRunning(world, random);
      if (!victim) return null;
      byHand(world, (engine) => engine.removeContainer(victim.container.id, { force: true, volumes: false }));
      return begun(`somebody removes ${victim.member}`, [victim.member], 0);
    },
  },
  {
    name: 'gateway stopped',
    family: 'operator',
    begin(world, random) {
      const service = pickService(world, random, ({ gateway }) => gateway !== null);
      const container = service && world.gatewayContainer(service.name);
      if (!service || container?.state !== 'running') return null;
      byHand(world, (engine) => engine.stopContainer(container.id, { timeoutSeconds: 2 }));
      return begun(`somebody stops ${service.name} by its gateway`, [service.name], random.whole(10_000, 90_000), () =>
        insistOnUp(world),
      );
    },
  },
  {
    name: 'gateway removed',
    family: 'operator',
    begin(world, random) {
      const service = pickService(world, random, ({ gateway }) => gateway !== null);
      const container = service && world.gatewayContainer(service.name);
      if (!service || !container) return null;
      byHand(world, (engine) => engine.removeContainer(container.id, { force: true, volumes: false }));
      return begun(
        `somebody removes the gateway of ${service.name}`,
        [service.name],
        random.whole(30_000, 90_000),
        () => insistOnUp(world),
      );
    },
  },
  {
    name: 'up',
    family: 'operator',
    begin(world) {
      command(world, 'up', () => world.twinhull.upAgain());
      return begun('somebody says up', [], 0);
    },
  },
  {
    name: 'failover',
    family: 'operator',
    begin(world, random) {
      const service = pickService(world, random, ({ gateway }) => gateway?.config.balance === 'leader');
      if (!service) return null;
      command(world, `failover ${service.name}`, () =>
        world.twinhull.process?.project.failover({ service: service.name, to: null }, () => undefined),
      );
      return begun(
        `somebody asks ${service.name} to switch`,
        service.members.map(({ name }) => name),
        0,
      );
    },
  },
  {
    name: 'restart',
    family: 'operator',
    begin(world, random) {
      const service = pickService(world, random);
      if (!service) return null;
      command(world, `restart ${service.name}`, () =>
        world.twinhull.process?.project.restart({ target: service.name }, () => undefined),
      );
      return begun(
        `somebody restarts ${service.name} with twinhull`,
        [service.name, ...service.members.map(({ name }) => name)],
        0,
      );
    },
  },
  {
    name: 'two commands at once',
    family: 'operator',
    begin(world, random) {
      const service = pickService(world, random);
      if (!service) return null;
      command(world, 'up', () => world.twinhull.upAgain());
      command(world, `restart ${service.name}`, () =>
        world.twinhull.process?.project.restart({ target: service.name }, () => undefined),
      );
      return begun(
        `somebody says up, and somebody else restarts ${service.name}`,
        [service.name, ...service.members.map(({ name }) => name)],
        0,
      );
    },
  },
  {
    name: 'started twice',
    family: 'operator',
    begin(world, random) {
      const idle = world.members.names().filter((member) => {
        const state = world.members.container(member)?.state;
        return state === 'created' || state === 'exited';
      });
      if (idle.length === 0) return null;
      const member = random.pick(idle);
      const id = world.members.container(member)?.id ?? '';
      byHand(world, (engine) => engine.startContainer(id));
      const { service } = world.members.place(member);
      return begun(
        `somebody starts ${member}`,
        service.members.map(({ name }) => name),
        0,
      );
    },
  },
];
