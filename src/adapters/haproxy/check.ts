import type { CheckConfig, GatewayConfig, GatewayPort } from '../../ports/gateway.ts';
import { quote } from './quote.ts';

/**
 * The lines that make a backend check its members. Known protocols are spoken to by hand instead of with
 * HAProxy's own checks where those call a well server ill: `redis-check` fails on a server with a password,
 * `mysql-check` and `pgsql-check` on a server that does not know the user.
 */
export function checkLines(config: GatewayConfig, port: GatewayPort): string[] {
  const { check } = port;
  switch (check.kind) {
    case 'http':
      return httpCheck(config, check);
    case 'redis':
      return [
        'option tcp-check',
        `tcp-check send ${quote('PING\r\n')}`,
        `tcp-check expect rstring ${quote('^(\\+PONG|-NOAUTH)')}`,
        `tcp-check send ${quote('QUIT\r\n')}`,
      ];
    case 'postgres':
      return [
        'option tcp-check',
        `tcp-check send-binary ${postgresStartup('postgres')}`,
        // 'R' asks for a password or grants access; class 28 (no such user, not from here) and 3D (no such
        // database) are answers of a working server too. 57P03 (starting up) and 53300 (full) are not.
        `tcp-check expect rbinary ${quote('^(52|45.*43(3238|3344))')}`,
      ];
    case 'mysql':
      return [
        'option tcp-check',
        // A handshake; an error in its place (host blocked, too many connections) is no good answer.
        `tcp-check expect rbinary ${quote('^.{8}0[aA]')}`,
        // Ends the handshake properly: a server blocks hosts that break off too many of them.
        `tcp-check send-binary ${mysqlLogin('twinhull')}`,
        `tcp-check expect rbinary ${quote('^.{6}02')}`,
      ];
    case 'smtp':
      return ['option smtpchk EHLO twinhull.invalid'];
    case 'connect':
      return [];
  }
}

function httpCheck(config: GatewayConfig, check: CheckConfig): string[] {
  const uri = quote(requestPath(check));
  const host = quote(requestHost(config, check).replaceAll('%', '%%'));
  return [
    'option httpchk',
    `http-check send meth GET uri ${uri} ver HTTP/1.1 hdr Host ${host} hdr User-Agent twinhull hdr Connection close`,
    `http-check expect status ${check.expect === 'any' ? '100-599' : '200-399'}`,
  ];
}

/** The request path as it goes over the wire: what may not stand in a request line is percent-encoded. */
export function requestPath(check: CheckConfig): string {
  const path = check.path ?? '/';
  return (path.startsWith('/') ? path : `/${path}`).replaceAll(/[^\x21-\x7e]+/gu, encodeURIComponent);
}

export function requestHost(config: GatewayConfig, check: CheckConfig): string {
  return check.host ?? config.service;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A start-up message of protocol 3.0 (PostgreSQL documentation, "Message Formats"), in hexadecimal. */
function postgresStartup(user: string): string {
  const body = Buffer.from(`\0\x03\0\0user\0${user}\0\0`, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return hex(Buffer.concat([length, body]));
}

/** A login without password for protocol 4.1 (MySQL internals, "HandshakeResponse41"), in hexadecimal. */
function mysqlLogin(user: string): string {
  const fixed = Buffer.alloc(32);
  fixed.writeUInt32LE(0x0000_8201); // PROTOCOL_41, SECURE_CONNECTION, LONG_PASSWORD
  fixed.writeUInt32LE(1 << 24, 4);
  fixed[8] = 33; // utf8
  const body = Buffer.concat([fixed, Buffer.from(`${user}\0\0`, 'latin1')]);
  const header = Buffer.alloc(4);
  header.writeUIntLE(body.length, 0, 3);
  header[3] = 1;
  return hex(Buffer.concat([header, body]));
}
