import { messageOf } from '../../errors.ts';
import type { Order } from '../../core/model.ts';
import type { Engine } from '../../ports/engine.ts';
import type { World } from '../world.ts';
import { begun, endByHand, type Fault, pickService } from './fault.ts';
import { command, insistOnUp } from './operators.ts';

const AGAIN_MS = 20_000;
/** Who is refused so often has nobody to obey him: the project is down, and the order with it. */
const TRIES = 10;

/** Given until it is taken: the supervisor may be away, or not ready yet. */
function insistOn(world: World, words: string, order: Order, triesLeft = TRIES): void {
  const again = (left = triesLeft): void => void world.clock.timer(AGAIN_MS, () => insistOn(world, words, order, left));
  const process = world.twinhull.process;
  if (process?.life.isRunning !== true) return again();
  process.project.order(order).then(
    () => world.trace.say('operator', `${words}: done`),
    (error: unknown) => {
      world.trace.say('operator', `${words}: ${messageOf(error)}`);
      if (triesLeft > 1) again(triesLeft - 1);
    },
  );
}

function give(world: World, words: string, order: Order): void {
  command(world, words, () => world.twinhull.process?.project.order(order));
}

/** As another tool does it, that knows the project by its labels. */
async function takeDown(world: World, engine: Engine): Promise<void> {
  const labels = { 'com.docker.compose.project': world.fleet.project };
  const containers = await engine.listContainers({ labels });
  await Promise.all(containers.map(({ id }) => engine.stopContainer(id, { timeoutSeconds: 2 })));
  for (const { id } of containers) await engine.removeContainer(id, { force: true, volumes: false });
  for (const { id } of await engine.listNetworks({ labels })) await engine.removeNetwork(id);
}

/** What people say to twinhull, and what they do to the project without it. */
export const orderFaults: readonly Fault[] = [
  {
    name: 'freeze',
    family: 'operator',
    begin(world, random) {
      if (!world.twinhull.process) return null;
      give(world, 'freeze', { kind: 'freeze_asked', reason: 'somebody works on the machine' });
      return begun('somebody freezes all repairs', [], random.whole(5000, 180_000), () =>
        insistOn(world, 'thaw', { kind: 'thaw_asked' }),
      );
    },
  },
  {
    name: 'maintenance',
    family: 'operator',
    begin(world, random) {
      const service = pickService(world, random)?.name;
      if (service === undefined || !world.twinhull.process) return null;
      const order = { kind: 'maintenance_asked', service, until: null } as const;
      give(world, `maintenance of ${service}`, { ...order, on: true });
      return begun(`somebody works on ${service}`, [], random.whole(5000, 180_000), () =>
        insistOn(world, `end of the maintenance of ${service}`, { ...order, on: false }),
      );
    },
  },
  {
    name: 'down by another tool',
    family: 'operator',
    begin(world, random) {
      world.needsUp = true;
      endByHand(world, (engine) => takeDown(world, engine));
      return begun('somebody takes the project down with another tool', 'all', random.whole(15_000, 90_000), () =>
        insistOnUp(world),
      );
    },
  },
  {
    name: 'project edited',
    family: 'operator',
    begin(world, random) {
      const service = pickService(world, random);
      if (!service) return null;
      const victim = random.pick(service.members).name;
      const container = world.members.container(victim);
      // in the middle of something else
      const isHit = container?.state === 'running' && random.chance(0.5);
      if (isHit) world.engine.crash(container.id, 1);
      world.edit(service.name, { environment: { EDITED: String(random.whole(1, 1_000_000)) } });
      command(world, 'up', () => world.twinhull.upAgain());
      const causes = [service.name, ...service.members.map(({ name }) => name)];
      const words = isHit ? `, while ${victim} crashes` : '';
      return begun(`somebody edits ${service.name} and says up${words}`, causes, 120_000);
    },
  },
];
