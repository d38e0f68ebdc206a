import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { messageOf, TwinhullError } from '../../errors.ts';
import { shortSocketPath } from '../../socket-path.ts';
import { AdminSession, LARGEST_ANSWER_BYTES } from './session.ts';

/** HAProxy answers within a millisecond; one that is silent for this long is out of reach. */
const ANSWER_TIMEOUT_MS = 2000;
const LONGEST_LINE = 64 * 1024;

/**
 * HAProxy's admin socket. A call is a connection of its own: HAProxy closes it after the answer, which is the one
 * sure sign that the answer is complete. Of a connection that is kept, only the prompt tells (session.ts).
 */
export class AdminSocket {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Runs commands one after another in one go; gives all they said.
   * @throws TH_GATEWAY_UNREACHABLE when the answer does not come in time, or nobody is there
   */
  async run(commands: readonly string[], signal?: AbortSignal): Promise<string> {
    const socket = await this.#open(signal);
    const deadline = setTimeout(
      () => socket.destroy(new Error(`no answer in ${ANSWER_TIMEOUT_MS} ms`)),
      ANSWER_TIMEOUT_MS,
    );
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      socket.write(`${commands.join(';')}\n`);
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        size += chunk.length;
        if (size > LARGEST_ANSWER_BYTES) throw new Error('its answer has no end');
      }
    } catch (error) {
      throw this.#unreachable(error, signal);
    } finally {
      clearTimeout(deadline);
      socket.destroy();
    }
    signal?.throwIfAborted();
    return Buffer.concat(chunks).toString('utf8');
  }

  /**
   * The lines of a command that goes on speaking, without deadline: silence is normal. Ends by throwing
   * TH_GATEWAY_UNREACHABLE when HAProxy goes away, or the signal's reason.
   * @param onOpen called once, when HAProxy has the command
   */
  async *follow(command: string, onOpen: () => void, signal: AbortSignal): AsyncGenerator<string> {
    const socket = await this.#open(signal);
    try {
      socket.write(`${command}\n`);
      onOpen();
      let rest = '';
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        const lines = (rest + chunk.toString('utf8')).split(/[\n\0]/);
        rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
        yield* lines;
      }
    } catch (error) {
      throw this.#unreachable(error, signal);
    } finally {
      socket.destroy();
    }
    throw this.#unreachable(new Error('it closed the connection'), signal);
  }

  /** A connection that is kept until it is closed or the signal aborts. */
  async session(signal?: AbortSignal): Promise<AdminSession> {
    const explain = (cause: Error): unknown => this.#unreachable(cause, signal);
    return await AdminSession.begin(await this.#open(signal), ANSWER_TIMEOUT_MS, explain);
  }

  async #open(signal: AbortSignal | undefined): Promise<Socket> {
    signal?.throwIfAborted();
    try {
      const short = shortSocketPath(this.#path);
      try {
        const socket = connect({ path: short.path, ...(signal && { signal }) });
        await once(socket, 'connect', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
        return socket;
      } finally {
        short.close();
      }
    } catch (error) {
      throw this.#unreachable(error, signal);
    }
  }

  #unreachable(cause: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    const why = messageOf(cause);
    return new TwinhullError('TH_GATEWAY_UNREACHABLE', `the gateway at ${this.#path} does not answer: ${why}`, {
      cause,
    });
  }
}
