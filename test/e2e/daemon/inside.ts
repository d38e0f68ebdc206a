/** Run by daemon.test.ts under an engine, and in a network, of its own. */
import { after, before, describe, test } from 'node:test';
import { Deployment, webService } from '../../support/deployment.ts';
import { Daemon } from './daemon.ts';
import { PORT, type Scene, scenarios } from './scenarios.ts';

describe('the Docker daemon', () => {
  let scene: Scene;
  before(async () => {
    const folder = process.env['TWINHULL_ENGINE_DIR'];
    if (folder === undefined) throw new Error('this is for script/with-engine --private');
    const shop = new Deployment(
      'th-daemon',
      `services:
  web:${webService(`
ports: ["${PORT}:80"]
x-twinhull: { mode: pair }`)}
  db:${webService(`
volumes: ["data:/data"]
x-twinhull: { mode: pair }`)}
volumes: { data: {} }
`,
    );
    scene = { shop, daemon: new Daemon(folder) };
    await shop.up();
  });
  after(() => scene.shop[Symbol.asyncDispose]());

  for (const [title, play] of Object.entries(scenarios)) test(title, () => play(scene));
});
