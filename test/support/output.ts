/** What a command of ours says, for tests that run it in this process. */
import type { TextStream } from '../../src/cli/terminal/terminal.ts';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A stream that keeps what is written. */
export function written(): TextStream & { text: string } {
  return {
    text: '',
    write(text) {
      this.text += text;
      return true;
    },
  };
}
