import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Deployment } from '../../support/deployment.ts';
import { losesNoGet, losesNothing } from '../../support/under-load.ts';

const PORT = 18095;
const FILES_LIMIT = 1024;
/** more than nine tenths, with room for the load's connections */
const MANY_FILES = 930;

/** Uses up what it is told to: memory that is never given back, and files that are never closed. */
const greedy = `
const fs = require("fs"), kept = [];
require("http").createServer((q, s) => {
  const { pathname, searchParams } = new URL(q.url, "http://x");
  for (let n = Number(searchParams.get("mib") || 0); n > 0; n--) kept.push(Buffer.alloc(1 << 20, 1));
  for (let n = Number(searchParams.get("files") || 0); n > 0; n--) kept.push(fs.openSync("/dev/null"));
  s.end(pathname);
}).listen(80);
`;
const compose = `services:
  web:
    image: twinhull-local/node:latest
    command: ["node", "-e", ${JSON.stringify(greedy)}]
    ports: ["${PORT}:80"]
    restart: unless-stopped
    stop_grace_period: 3s
    mem_limit: 128m
    memswap_limit: 128m
    ulimits: { nofile: ${FILES_LIMIT} }
    x-twinhull:
      mode: pair
      gateway: { protocol: http, check: { path: /health } }
      resources: { window: 15s }
`;

describe('a member uses up what it may use', () => {
  let web: Deployment;
  before(async () => {
    web = new Deployment('th-resources', compose);
    await web.up();
  });
  after(() => web[Symbol.asyncDispose]());
  beforeEach(() => web.allHealthy('web'));

  /** Asks a member itself, past its gateway; it may die of it. */
  async function tell(container: string, query: string): Promise<void> {
    const ask = `fetch("http://localhost/?${query}").then(() => 0, () => 0)`;
    await web.docker('exec', container, 'node', '-e', ask);
  }

  interface Incident {
    readonly id: string;
    readonly kind: string;
    readonly member: string;
    readonly evidence: readonly string[];
  }

  async function lastIncident(): Promise<Incident> {
    const { lastIncident: last } = await web.service('web');
    const { stdout } = await web.twinhull('incident', last?.id ?? '', '--json');
    return (JSON.parse(stdout) as { readonly incident: Incident }).incident;
  }

  test('a leak ends it at its memory limit: named resource_exhaustion with its evidence, no GET lost, whole within 30 s', async () => {
    const primary = await web.primary('web');
    const container = await web.container(primary);
    await losesNoGet(PORT, async () => {
      await tell(container, 'mib=400');
      await web.allHealthy('web', 30_000);
    });
    const { kind, member, evidence } = await lastIncident();
    assert.deepEqual([kind, member], ['resource_exhaustion', primary]);
    assert.match(evidence.join('\n'), /out of memory \(exit code 137.*oom event/);
  });

  test('it has nearly all the files it may open: restarted while the other one serves within 60 s, no request lost', async () => {
    const primary = await web.primary('web');
    const container = await web.container(primary);
    const startedAt = async (): Promise<string> =>
      (await web.docker('inspect', '--format', '{{.State.StartedAt}}', container)).stdout;
    const before = await startedAt();
    await losesNothing(PORT, async () => {
      await tell(container, `files=${MANY_FILES}`);
      await web.until(
        'an incident of the primary is over',
        60_000,
        ({ services }) => services[0]?.lastIncident?.member === primary && services[0].lastIncident.endedAt !== null,
      );
    });
    const { kind, evidence } = await lastIncident();
    assert.equal(kind, 'resource_exhaustion', evidence.join('\n'));
    assert.match(evidence.join('\n'), new RegExp(`of at most ${FILES_LIMIT} open files`));
    assert.notEqual(await startedAt(), before);
    assert.notEqual(await web.primary('web'), primary);
  });
});
