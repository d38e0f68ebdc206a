/** Files of ours on the engine's host: gateways' folders, configs and secrets made of text. */
export interface Files {
  /** Makes the folder, for its owner alone, unless it is there. */
  makeFolder(path: string): void;
  /** Writes the whole file or nothing, with exactly this mode; leaves it when it is so already. Durable when it resolves. */
  write(path: string, text: string, mode: number): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Whether it is a plain file with this text and this mode. */
  isSo(path: string, text: string, mode: number): Promise<boolean>;
}
