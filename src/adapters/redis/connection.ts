import { connect } from 'node:net';
import { encodeCommand, type Reply, ReplyReader } from './resp.ts';

/** Sends all commands at once over a connection of their own; the replies in order. Rejects when not all come. */
export function sendCommands(
  host: string,
  port: number,
  commands: readonly (readonly string[])[],
  signal: AbortSignal,
): Promise<readonly Reply[]> {
  return new Promise((resolve, reject) => {
    const reader = new ReplyReader();
    const replies: Reply[] = [];
    const socket = connect({ host, port, noDelay: true });
    const giveUp = (): void =>
      end(() => reject(signal.reason instanceof Error ? signal.reason : new Error('given up')));
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', giveUp);
      socket.destroy();
      settle();
    };
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    socket.on('connect', () => socket.write(commands.map(encodeCommand).join('')));
    socket.on('data', (bytes: Uint8Array) => {
      try {
        replies.push(...reader.push(bytes));
        if (replies.length >= commands.length) end(() => resolve(replies));
      } catch (error) {
        end(() => reject(error instanceof Error ? error : new Error('what answers there is no Redis')));
      }
    });
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('close', () => end(() => reject(new Error('it closed the connection'))));
  });
}
