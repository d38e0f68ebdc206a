import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { MemoryClock } from '../adapters/memory/clock.ts';
import { MemoryEngine } from '../adapters/memory/engine.ts';
import type { Program } from '../adapters/memory/engine-container.ts';
import type { Container } from '../ports/engine.ts';
import { type ContainerFault, prepare, type Prepared, type Subject } from './prepare.ts';
import { takeBack, readUndo } from './undo.ts';

const NETWORK = 'shop_twinhull-web';
const attachment = { network: NETWORK, aliases: ['web-primary'] };
const extent = { durationMs: 10_000, times: 3 };
const noSignal = new AbortController().signal;
const MIB = 1024 * 1024;

describe('a fault made and taken back', () => {
  let engine: MemoryEngine;
  let program: Program;
  let subject: Subject;
  beforeEach(async () => {
    program = {};
    engine = new MemoryEngine({ clock: new MemoryClock(), programOf: () => program });
    engine.addImage('web:1');
    await engine.createNetwork({ name: NETWORK, labels: {} });
  });

  async function start(): Promise<void> {
    const spec = { Image: 'web:1', Labels: {}, HostConfig: {}, Networks: [attachment] };
    const containerId = await engine.createContainer('shop-web-primary-1', spec);
    await engine.startContainer(containerId);
    subject = {
      containerId,
      containerName: 'shop-web-primary-1',
      name: 'web-primary',
      memoryLimitBytes: 64 * MIB,
      cpus: 0.5,
      attachment,
    };
  }

  async function make(fault: ContainerFault): Promise<Prepared> {
    await start();
    const prepared = await prepare(engine, fault, subject, extent);
    await prepared.begin(noSignal);
    return prepared;
  }

  function now(): Container {
    const found = engine.containerNamed('shop-web-primary-1');
    assert.ok(found);
    return found;
  }

  /** As it is done from a file, by whoever finds it there. */
  async function undone({ undo }: Prepared): Promise<boolean> {
    const read = readUndo(JSON.parse(JSON.stringify(undo)));
    assert.ok(read);
    const hands = { engine, startSupervisor: async () => false, startUnit: async () => false };
    return takeBack(hands, subject.containerId, read);
  }

  test('pause, disconnect, stop, cpu: as it was, and a second time there is nothing to do', async () => {
    const broken: Readonly<Record<string, (container: Container) => boolean>> = {
      pause: ({ state }) => state === 'paused',
      stop: ({ state }) => state === 'exited',
      disconnect: ({ networks }) => !(NETWORK in networks),
    };
    for (const [fault, isBroken] of Object.entries(broken)) {
      const prepared = await make(fault as ContainerFault);
      assert.ok(isBroken(now()), fault);
      assert.equal(await undone(prepared), true, fault);
      assert.ok(!isBroken(now()) && now().state === 'running', fault);
      assert.equal(await undone(prepared), false, fault);
      await engine.removeContainer(subject.containerId, { force: true, volumes: true });
    }
  });

  test('cpu: nearly nothing, then what its service asks for, with a limit or without', async () => {
    const prepared = await make('cpu');
    assert.equal(engine.cpuLimitOf(subject.containerId), 0.01);
    await undone(prepared);
    assert.equal(engine.cpuLimitOf(subject.containerId), 0.5);
    const unlimited = await prepare(engine, 'cpu', { ...subject, cpus: null }, extent);
    await undone(unlimited);
    assert.equal(engine.cpuLimitOf(subject.containerId), null);
  });

  test('kill: it is left to the supervisor', async () => {
    const prepared = await make('kill');
    assert.equal(now().state, 'exited');
    assert.equal(await undone(prepared), false);
    assert.equal(now().state, 'exited');
  });

  test('what was replaced in the meantime is left alone', async () => {
    const prepared = await make('pause');
    await engine.removeContainer(subject.containerId, { force: true, volumes: true });
    assert.equal(await undone(prepared), false);
  });

  test('without a memory limit memory is not filled: it would be the machine that runs out', async () => {
    await start();
    for (const fault of ['oom', 'leak'] as const)
      await assert.rejects(prepare(engine, fault, { ...subject, memoryLimitBytes: null }, extent), {
        code: 'TH_DRILL_REFUSED',
        message: /no memory limit/,
      });
  });

  test('nor where the machine has less free than the limit', async () => {
    await start();
    await assert.rejects(prepare(engine, 'oom', { ...subject, memoryLimitBytes: 2 ** 52 }, extent), {
      message: /less memory free/,
    });
  });

  test('nor where the image has no shell', async () => {
    program = { exec: () => ({ exitCode: 127 }) };
    await start();
    await assert.rejects(prepare(engine, 'leak', subject, extent), { code: 'TH_DRILL_REFUSED', message: /no shell/ });
  });

  test('oom: a member that goes on after twice its limit was not broken, and that is said', async () => {
    const amounts: string[] = [];
    program = {
      exec: (command) => {
        if (command.length > 3) amounts.push(...command.slice(4));
        return { exitCode: 0 };
      },
    };
    await start();
    const prepared = await prepare(engine, 'oom', subject, extent);
    await assert.rejects(prepared.begin(noSignal), { code: 'TH_DRILL_REFUSED', message: /swapped out/ });
    assert.deepEqual(amounts, ['64', '0', '129']);
  });

  test('leak: reaches the limit before the load ends, and ends as it is asked to', async () => {
    const commands: (readonly string[])[] = [];
    program = {
      exec: (command) => {
        commands.push(command);
        return { exitCode: 0 };
      },
    };
    await start();
    const prepared = await prepare(engine, 'leak', subject, extent);
    await prepared.begin(noSignal);
    await prepared.goOn?.(noSignal);
    assert.deepEqual(commands.at(-1)?.slice(4), ['8', '1', '64']);
    assert.equal(await undone(prepared), true);
    assert.match(commands.at(-1)?.[2] ?? '', /kill -TERM/);
  });

  test('no network to take it off: refused', async () => {
    await start();
    await assert.rejects(prepare(engine, 'disconnect', { ...subject, attachment: null }, extent), {
      code: 'TH_DRILL_REFUSED',
    });
  });

  test('gateway: where no HAProxy is found nothing was broken', async () => {
    program = { exec: () => ({ exitCode: 1 }) };
    await start();
    const prepared = await prepare(engine, 'gateway', subject, extent);
    await assert.rejects(prepared.begin(noSignal), { code: 'TH_DRILL_REFUSED', message: /no HAProxy/ });
  });
});

describe('an undo from a file that is not to be trusted', () => {
  test('is none unless every part of it is what it should be', () => {
    const bad: readonly unknown[] = [
      null,
      'start',
      {},
      { kind: 'burn' },
      { kind: 'connect' },
      { kind: 'connect', attachment: { network: 'a' } },
      { kind: 'connect', attachment: { network: 'a', aliases: [1] } },
      { kind: 'limit_cpu' },
      { kind: 'limit_cpu', cpus: -1 },
      { kind: 'start_unit', unit: '--force' },
      { kind: 'start_unit', unit: 'docker.service; reboot' },
      { kind: 'start_unit', unit: '../x.service' },
    ];
    for (const value of bad) assert.equal(readUndo(value), null, JSON.stringify(value));
    assert.deepEqual(readUndo({ kind: 'start_unit', unit: 'docker.service' }), {
      kind: 'start_unit',
      unit: 'docker.service',
    });
  });
});
