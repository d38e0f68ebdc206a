import type { Socket } from 'node:net';

/** What an interactive session of HAProxy ends each answer with; no answer of ours ends like it. */
const PROMPT = '\n> ';
/** More than any gateway has to say: what answers with more is no HAProxy. */
export const LARGEST_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * A connection to the admin socket that is kept, for one question after another: opening one for each costs twice
 * the processor. It stays with the process that was there when it was opened, whoever takes over from that.
 */
export class AdminSession {
  readonly #socket: Socket;
  readonly #explain: (cause: Error) => unknown;
  #said = '';
  #asked: PromiseWithResolvers<string> | null = null;

  /**
   * @param socket connected; nothing said on it yet
   * @param answerTimeoutMs a HAProxy that is silent for this long is out of reach
   * @param explain makes of what went wrong what is thrown
   */
  static async begin(
    socket: Socket,
    answerTimeoutMs: number,
    explain: (cause: Error) => unknown,
  ): Promise<AdminSession> {
    const session = new AdminSession(socket, answerTimeoutMs, explain);
    await session.ask('prompt');
    return session;
  }

  private constructor(socket: Socket, answerTimeoutMs: number, explain: (cause: Error) => unknown) {
    this.#socket = socket;
    this.#explain = explain;
    socket.setEncoding('utf8').setTimeout(answerTimeoutMs);
    socket.on('data', (text: string) => this.#hear(text));
    socket.on('timeout', () => this.#fail(new Error(`no answer in ${answerTimeoutMs} ms`)));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('it closed the connection')));
  }

  /** Runs one command, while no other one runs. A session that has failed once is of no more use. */
  async ask(command: string): Promise<string> {
    if (this.#asked !== null || this.#socket.destroyed) throw this.#explain(new Error('the session is not free'));
    this.#asked = Promise.withResolvers();
    this.#socket.write(`${command}\n`);
    return await this.#asked.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(text: string): void {
    this.#said += text;
    if (this.#said.length > LARGEST_ANSWER_BYTES) return this.#fail(new Error('its answer has no end'));
    if (!this.#said.endsWith(PROMPT)) return;
    const answer = this.#said.slice(0, -PROMPT.length);
    this.#said = '';
    this.#asked?.resolve(answer);
    this.#asked = null;
  }

  /** Half an answer would be taken for the beginning of the next one: the connection goes. Idle, it may be silent. */
  #fail(cause: Error): void {
    if (this.#asked === null) return;
    this.#asked.reject(this.#explain(cause));
    this.#asked = null;
    this.#socket.destroy();
  }
}
