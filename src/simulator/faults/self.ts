import type { CallListener, World } from '../world.ts';
import { begun, byHand, endByHand, type Family, type Fault, pickService } from './fault.ts';
import { insistOnUp } from './operators.ts';

/** Kills the process at its n-th call that changes something, counted from now. */
function killAtCall(world: World, count: number, when: 'before' | 'after'): () => void {
  let left = count;
  const listener: CallListener = (process, _door, call, moment) => {
    if (moment !== when || !CHANGING.test(call) || --left > 0) return;
    world.onCall.delete(listener);
    if (world.twinhull.process === process) world.twinhull.kill();
  };
  world.onCall.add(listener);
  return () => void world.onCall.delete(listener);
}

const CHANGING =
  /^(announce|complete|saveDocument|create|start|stop|restart|kill|pause|unpause|rename|remove|connect|disconnect|setRestart|lead|drain|takeOut|putIn|reload)/;

/** @param lasts milliseconds */
export function paused(name: string, family: Family, lasts: readonly [number, number]): Fault {
  return {
    name,
    family,
    begin(world, random) {
      const process = world.twinhull.process;
      if (!process?.life.isRunning) return null;
      process.life.pause();
      return begun('the supervisor stands still', [], random.whole(...lasts), () => process.life.resume());
    },
  };
}

export function clockSteps(name: string, family: Family): Fault {
  return {
    name,
    family,
    begin(world, random) {
      const process = world.twinhull.process;
      if (!process) return null;
      const stepMs = random.pick([-60_000, -5000, 5000, 60_000]);
      process.life.clockOffMs += stepMs;
      return begun(`the wall clock steps by ${stepMs} ms`, [], random.whole(10_000, 300_000), () => {
        process.life.clockOffMs -= stepMs;
      });
    },
  };
}

/** What happens to twinhull itself, and to its gateways. */
export const selfFaults: readonly Fault[] = [
  {
    name: 'killed',
    family: 'self',
    begin(world) {
      if (!world.twinhull.process) return null;
      world.twinhull.kill();
      return begun('the supervisor is killed', [], 0);
    },
  },
  {
    name: 'killed at a step',
    family: 'self',
    begin(world, random) {
      const count = random.whole(1, 12);
      const when = random.pick(['before', 'after'] as const);
      const end = killAtCall(world, count, when);
      return begun(
        `the supervisor dies ${when} its change number ${count} from now`,
        [],
        random.whole(60_000, 180_000),
        end,
      );
    },
  },
  {
    name: 'absent',
    family: 'self',
    begin(world, random) {
      if (!world.twinhull.process) return null;
      world.twinhull.kill(false);
      return begun('the supervisor is gone for a while', [], random.whole(20_000, 300_000), () =>
        world.twinhull.supervise(),
      );
    },
  },
  paused('paused', 'self', [500, 30_000]),
  clockSteps('clock steps', 'self'),
  {
    name: 'record lost',
    family: 'self',
    begin(world) {
      if (!world.twinhull.process) return null;
      world.twinhull.loseMemory();
      world.needsUp = true;
      return begun('what the supervisor remembers is lost, and it is killed', [], 0);
    },
  },
  {
    name: 'database truncated',
    family: 'self',
    begin(world, random) {
      if (!world.twinhull.process) return null;
      world.twinhull.loseMemory([]);
      return begun(
        'the state file is truncated, so that nothing of it is left, and the supervisor is killed',
        [],
        random.whole(5000, 120_000),
        () => insistOnUp(world),
      );
    },
  },
  {
    name: 'database flipped',
    family: 'self',
    begin(world, random) {
      const { documents } = world.twinhull.records;
      const name = random.pick(['core', 'core', 'fleet', 'emergencies']);
      const text = documents.get(name);
      if (text === undefined) return null;
      const at = random.whole(0, text.length - 1);
      const damaged = String.fromCodePoint((text.codePointAt(at) ?? 0) ^ (1 << random.whole(0, 6)));
      world.twinhull.kill();
      documents.set(name, text.slice(0, at) + damaged + text.slice(at + 1));
      const words = `a bit of the document ${name} flips on the disk, and the supervisor is killed`;
      return begun(words, [], random.whole(5000, 60_000), () => insistOnUp(world));
    },
  },
  {
    name: 'second supervisor',
    family: 'self',
    begin(world) {
      world.twinhull.supervise();
      return begun('a second supervisor is started', [], 0);
    },
  },
  {
    name: 'gateway killed',
    family: 'self',
    begin(world, random) {
      const service = pickService(world, random, ({ gateway }) => gateway !== null);
      const container = service && world.gatewayContainer(service.name);
      if (!service || container?.state !== 'running') return null;
      if (random.chance(0.5)) endByHand(world, (engine) => engine.killContainer(container.id, 'SIGKILL'));
      else world.engine.crash(container.id, 137);
      return begun(`the gateway of ${service.name} is killed`, [service.name], 0);
    },
  },
  {
    name: 'gateway crashes inside',
    family: 'self',
    begin(world, random) {
      const service = pickService(world, random, ({ gateway }) => gateway !== null);
      const gateway = service && world.gateway(service.name);
      if (!service || !gateway || world.gatewayContainer(service.name)?.state !== 'running') return null;
      world.crashGateway(service.name);
      return begun(`HAProxy of ${service.name} crashes`, [service.name], 10, () => {
        if (world.gatewayContainer(service.name)?.state === 'running') gateway.comeBack();
      });
    },
  },
  {
    name: 'gateway paused',
    family: 'self',
    begin(world, random) {
      const service = pickService(world, random, ({ gateway }) => gateway !== null);
      const container = service && world.gatewayContainer(service.name);
      if (!service || container?.state !== 'running') return null;
      byHand(world, (engine) => engine.pauseContainer(container.id));
      return begun(`the gateway of ${service.name} is paused`, [service.name], 0);
    },
  },
];
