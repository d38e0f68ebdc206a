/** One GET to one address: no redirect is followed, nothing long is read. */

import { Agent } from 'undici';

const MOST_BYTES = 1024 * 1024;
const CONNECTS_WITHIN_MS = 1000;

export interface Page {
  readonly status: number;
  readonly text: string;
}

export class Fetcher {
  readonly #agent = new Agent({
    pipelining: 0,
    keepAliveTimeout: 1,
    allowH2: false,
    connect: { timeout: CONNECTS_WITHIN_MS },
  });

  async get(
    host: string,
    port: number,
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Page> {
    const origin = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    const { statusCode, body } = await this.#agent.request({ origin, path, method: 'GET', headers, signal });
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of body) {
      if (!(piece instanceof Uint8Array)) continue;
      size += piece.length;
      if (size > MOST_BYTES) throw new Error('the answer is too long');
      pieces.push(piece);
    }
    return { status: statusCode, text: Buffer.concat(pieces).toString('utf8') };
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}
