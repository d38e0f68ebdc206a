import { createServer } from 'node:http';

/** The service under test: answers at once, /health too. Runs in the members' containers of every system alike. */
const server = createServer((request, response) => {
  request.resume();
  request.once('end', () => response.end('ok\n'));
});
server.keepAliveTimeout = 75_000; // no proxy here keeps idle connections longer
server.listen(8080);
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
