import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import type { LogLine } from '../../ports/engine.ts';
import { openDockerEngine } from './engine.ts';

// in a suite of its own: at the top level its hook would run around the tests of every file
describe('logs over the wire', () => {
  let server: Server | null = null;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  const AT = '2026-11-24T20:00:00.123456789Z';
  const AT_MS = Date.UTC(2026, 10, 24, 20, 0, 0, 123);

  function message(stream: 1 | 2, text: string): Buffer {
    const payload = Buffer.from(`${AT} ${text}`);
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(payload.length, 4);
    return Buffer.concat([header, payload]);
  }

  /** What an engine that has this log, of a container with or without a terminal, makes of it. */
  async function logsOf(body: Buffer, hasTty = false): Promise<LogLine[]> {
    server = createServer((request, response) => {
      if (request.url === '/_ping') response.setHeader('api-version', '1.41').end();
      else if (request.url?.includes('/logs')) response.end(body);
      else response.end(JSON.stringify({ Id: 'x', Config: { Tty: hasTty } }));
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const engine = openDockerEngine({ DOCKER_HOST: `tcp://127.0.0.1:${port}` });
    const lines: LogLine[] = [];
    for await (const line of engine.logs('x', { follow: false })) lines.push(line);
    await engine.close();
    return lines;
  }

  test('lines of both streams, each with its time', async () => {
    const body = Buffer.concat([message(1, 'one\n'), message(2, 'two\n'), message(1, '\n'), message(1, 'no end')]);
    assert.deepEqual(await logsOf(body), [
      { stream: 'stdout', at: AT_MS, text: 'one' },
      { stream: 'stderr', at: AT_MS, text: 'two' },
      { stream: 'stdout', at: AT_MS, text: '' },
      { stream: 'stdout', at: AT_MS, text: 'no end' },
    ]);
  });

  test('a line that the engine cut into messages is one again, without the times in between', async () => {
    const long = 'x'.repeat(16_384);
    const body = Buffer.concat([message(1, long), message(2, 'other\n'), message(1, long), message(1, 'end\n')]);
    const lines = await logsOf(body);
    assert.deepEqual(
      lines.map(({ text }) => text),
      ['other', `${long}${long}end`],
    );
  });

  test('a terminal has no frames, and ends its lines in two characters', async () => {
    const lines = await logsOf(Buffer.from(`${AT} one\r\n${AT} two\r\n`), true);
    assert.deepEqual(
      lines.map(({ at, text }) => [at, text]),
      [
        [AT_MS, 'one'],
        [AT_MS, 'two'],
      ],
    );
  });

  test('a line without end comes in pieces instead of filling the memory', async () => {
    const piece = 'y'.repeat(16_384);
    const lines = await logsOf(Buffer.concat(Array.from({ length: 130 }, () => message(1, piece))));
    assert.ok(lines.length >= 2);
    assert.ok(lines.every(({ at, text }) => at === AT_MS && text.length <= 1024 * 1024));
  });
});
