import assert from 'node:assert/strict';
import { test } from 'node:test';
import { image } from '../../test/support/fleet.ts';
import { MemoryClock } from '../adapters/memory/clock.ts';
import { MemoryEngine } from '../adapters/memory/engine.ts';
import { LABEL } from '../labels.ts';
import { isSupervisorOutdated } from './start-supervisor.ts';

const IMAGE = 'twinhull:latest';

test('the supervisor is outdated when its image is another one now, and only then', async () => {
  const engine = new MemoryEngine({ clock: new MemoryClock() });
  engine.addImage(IMAGE, image('sha256:old'));
  const place = { engine, project: 'shop' };
  assert.equal(await isSupervisorOutdated(place, IMAGE), false);
  const Labels = { [LABEL.role]: 'supervisor' };
  await engine.createContainer('shop-twinhull-supervisor', { Image: IMAGE, Labels, HostConfig: {}, Networks: [] });
  assert.equal(await isSupervisorOutdated(place, IMAGE), false);
  engine.addImage(IMAGE, image('sha256:new'));
  assert.equal(await isSupervisorOutdated(place, IMAGE), true);
  assert.equal(await isSupervisorOutdated(place, 'none'), false);
});
