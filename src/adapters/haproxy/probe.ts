import { connect } from 'node:net';
import type { CheckConfig, GatewayConfig } from '../../ports/gateway.ts';
import { requestHost, requestPath } from './check.ts';

/**
 * A question of our own to a member, past the gateway: is anybody at work in there? Any byte in answer means yes,
 * whatever it says; whether the answer is good is for the gateway's check to judge.
 */
export class Probe {
  readonly #address: string;
  readonly #port: number;
  readonly #says: Buffer;

  constructor(at: { readonly address: string; readonly port: number }, says: Buffer) {
    this.#address = at.address;
    this.#port = at.port;
    this.#says = says;
  }

  /** Milliseconds until the first byte of an answer; null when none came within `timeoutMs`, or nobody listens. */
  async ask(timeoutMs: number, signal: AbortSignal): Promise<number | null> {
    const began = performance.now();
    const answered = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: this.#address, port: this.#port });
      const end = (result: boolean): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        socket.destroy();
        resolve(result);
      };
      const abort = (): void => end(false);
      const timer = setTimeout(end, timeoutMs, false);
      signal.addEventListener('abort', abort, { once: true });
      socket
        .on('error', () => end(false))
        .on('close', () => end(false))
        .once('data', () => end(true));
      if (this.#says.length > 0) socket.write(this.#says);
    });
    return answered ? performance.now() - began : null;
  }
}

/** The probe that fits a check; null where the protocol is unknown: a frozen process still accepts connections. */
export function probeFor(config: GatewayConfig, address: string, port: number, check: CheckConfig): Probe | null {
  const says = firstWords(config, check);
  return says === null ? null : new Probe({ address, port: check.port ?? port }, Buffer.from(says, 'latin1'));
}

function firstWords(config: GatewayConfig, check: CheckConfig): string | null {
  switch (check.kind) {
    case 'http':
      return `GET ${requestPath(check)} HTTP/1.1\r\nHost: ${requestHost(config, check)}\r\nUser-Agent: twinhull\r\nConnection: close\r\n\r\n`;
    case 'redis':
      return 'PING\r\n';
    case 'postgres':
      // SSLRequest: answered with one byte by every server since 7.4, and leaves no trace in its log.
      return '\0\0\0\x08\x04\xd2\x16\x2f';
    case 'mysql':
      // Speaks first, and blocks hosts that hang up on it too often.
      return null;
    case 'smtp':
      return '';
    case 'connect':
      return null;
  }
}
