import { ailing, begun, byHand, type Family, type Fault, pickRunning, pickService, wavering } from './fault.ts';

/** @param shares of the checks, one of them by chance */
export function loss(name: string, family: Family, shares: readonly number[]): Fault {
  return {
    name,
    family,
    begin(world, random) {
      const share = random.pick(shares);
      world.loseChecks(share);
      const causes = share > 0.1 ? 'all' : [];
      return begun(`${share * 100} % of all checks are lost`, causes, random.whole(10_000, 180_000), () =>
        world.loseChecks(0),
      );
    },
  };
}

/** What lies between gateways and members. */
export const networkFaults: readonly Fault[] = [
  ailing('refused', 'network', [2000, 120_000], () => ({ condition: 'refusing' }), 'refuses connections'),
  ailing(
    'black hole',
    'network',
    [2000, 120_000],
    () => ({ condition: 'unreachable' }),
    'cannot be reached: packets are dropped',
  ),
  ailing(
    'one way',
    'network',
    [2000, 60_000],
    () => ({ condition: 'hung' }),
    'gets packets, and its answers are dropped',
  ),
  wavering(
    'delay',
    'network',
    [10_000, 120_000],
    { condition: 'unreachable' },
    { well: [20, 3000], ill: [50, 1500] },
    'is reached late: packets take up to 1.5 s',
  ),
  ailing(
    'address change',
    'network',
    [3_600_000, 3_600_000],
    () => ({ condition: 'unreachable', endsWithPlace: true }),
    'has another address than the plan says, until it is connected anew',
  ),
  {
    name: 'names',
    family: 'network',
    begin(world, random) {
      const dependents = world.fleet.services.filter(({ dependsOn }) => dependsOn.length > 0);
      const names = dependents.flatMap(({ members }) => members.map(({ name }) => name));
      if (names.length === 0) return null;
      const heals = names.map((member) => world.members.ail({ member, condition: 'sick' }));
      const words = 'names are not resolved: whoever needs another service is sick';
      return begun(words, names, random.whole(3000, 90_000), () => {
        for (const heal of heals) heal();
      });
    },
  },
  {
    name: 'disconnected',
    family: 'network',
    begin(world, random) {
      const victim = pickRunning(world, random);
      const network = victim ? world.members.place(victim.member).service.gateway?.network.name : undefined;
      if (!victim || network === undefined) return null;
      byHand(world, (engine) => engine.disconnectNetwork(network, victim.container.id, { force: true }));
      return begun(`${victim.member} is disconnected from ${network}`, [victim.member], 0);
    },
  },
  {
    name: 'gateway disconnected',
    family: 'network',
    begin(world, random) {
      const service = pickService(world, random, ({ gateway }) => gateway !== null);
      const container = service && world.gatewayContainer(service.name);
      if (!service?.gateway || container?.state !== 'running') return null;
      const network = service.gateway.network.name;
      byHand(world, (engine) => engine.disconnectNetwork(network, container.id, { force: true }));
      return begun(
        `the gateway of ${service.name} is disconnected from its members`,
        [service.name, ...service.members.map(({ name }) => name)],
        0,
      );
    },
  },
  loss('loss', 'network', [0.02, 0.05, 0.1, 0.3]),
  {
    name: 'partition',
    family: 'network',
    begin(world, random) {
      const service = pickService(world, random, ({ gateway, members }) => gateway !== null && members.length > 1);
      if (!service) return null;
      const count = random.whole(1, service.members.length);
      const away = service.members.slice(0, count).map(({ name }) => name);
      const heals = away.map((member) => world.members.ail({ member, condition: 'unreachable' }));
      return begun(`${away.join(', ')} cannot be reached by their gateway`, away, random.whole(2000, 120_000), () => {
        for (const heal of heals) heal();
      });
    },
  },
];
