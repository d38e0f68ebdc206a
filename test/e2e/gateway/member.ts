/** A member of the service behind the gateway under test: runs in a container, on Node alone. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';

const name = process.env['MEMBER'] ?? '';
let checks = 0;

const pages: Record<string, (request: IncomingMessage, response: ServerResponse, url: URL) => void> = {
  '/health': (_, response) => {
    checks += 1;
    response.end('well');
  },
  '/checks': (_, response) => response.end(String(checks)),
  '/slow': (_, response, url) => setTimeout(() => response.end(name), Number(url.searchParams.get('ms'))),
  '/headers': (request, response) => response.end(JSON.stringify(request.rawHeaders)),
  '/events': (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    let sent = 0;
    const timer = setInterval(() => {
      sent += 1;
      response.write(`data: ${sent}\n\n`);
      if (sent === 5) response.end(() => clearInterval(timer));
    }, 200);
  },
  '/upload': (request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => response.end(String(bytes)));
  },
};

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://member');
  const page = pages[url.pathname];
  if (page) page(request, response, url);
  else response.end(name);
});

server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on('data', (frame: Buffer) => echo(frame, socket));
  socket.on('error', () => undefined);
});

/** One short text frame, unmasked and sent back (RFC 6455, 5.2). */
function echo(frame: Buffer, socket: Duplex): void {
  if (((frame[0] ?? 0) & 0x0f) !== 1) return void socket.end();
  const length = (frame[1] ?? 0) & 0x7f;
  const mask = frame.subarray(2, 6);
  const text = frame.subarray(6, 6 + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  socket.write(Buffer.concat([Buffer.from([0x81, length]), text]));
}

const psk = { key: Buffer.from('a key for this test alone'), identity: 'test' };
createTlsServer({ pskCallback: () => psk.key, ciphers: 'PSK', maxVersion: 'TLSv1.2' }, (socket) => {
  socket.on('error', () => undefined).end(`${name} over ${socket.getProtocol()}`);
}).listen(443);
server.listen(80);
process.on('SIGTERM', () => process.exit(0));
