import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What an HTTP program of the company answers. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (request: IncomingMessage, path: string) => Promise<Answer> | Answer;

const MAX_BODY_BYTES = 64 * 1024;

/** Serves until the signal; then takes no more requests, finishes those under way and resolves. */
export async function serveUntil(signal: AbortSignal, port: number, handle: Handler): Promise<void> {
  const server = createServer((request, response) => void respond(request, response, handle));
  server.keepAliveTimeout = 65_000; // longer than proxies keep idle connections, so that they close first
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  server.on('error', reject);
  server.listen(port);
  signal.addEventListener('abort', () => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  await closed;
}

async function respond(request: IncomingMessage, response: ServerResponse, handle: Handler): Promise<void> {
  const answer = await answerTo(request, handle);
  const isText = typeof answer.body === 'string';
  const text = isText ? String(answer.body) : `${JSON.stringify(answer.body)}\n`;
  response.writeHead(answer.status, {
    'content-type': isText ? 'text/html; charset=utf-8' : 'application/json',
    ...answer.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

async function answerTo(request: IncomingMessage, handle: Handler): Promise<Answer> {
  try {
    const [path = '/'] = (request.url ?? '/').split('?');
    return await handle(request, path);
  } catch (error) {
    if (error instanceof BadRequest) return { status: 400, body: { error: error.message } };
    // what we stand on does not answer: the client may ask again
    return {
      status: 503,
      body: { error: error instanceof Error ? error.message : String(error) },
      headers: { 'retry-after': '1' },
    };
  }
}

export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

/** The body as JSON; an empty one is {}. Throws BadRequest. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new BadRequest('a body of at most 64 KiB is taken');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw new BadRequest('the body is not JSON');
  }
}
