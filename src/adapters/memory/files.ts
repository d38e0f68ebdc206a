import type { Files } from '../../ports/files.ts';

/** Files that lie nowhere, by path. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, { readonly text: string; readonly mode: number }>();

  makeFolder(): void {}

  async write(path: string, text: string, mode: number): Promise<void> {
    this.#files.set(path, { text, mode });
  }

  async exists(path: string): Promise<boolean> {
    return this.#files.has(path);
  }

  async isSo(path: string, text: string, mode: number): Promise<boolean> {
    const found = this.#files.get(path);
    return found?.text === text && found.mode === mode;
  }
}
