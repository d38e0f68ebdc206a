import type { Call } from './engine.ts';

/** What is needed to build one image; `arguments` go to the builder as they are, never through a shell. */
export interface BuildRequest {
  /** folder or URL */
  readonly context: string;
  readonly arguments: readonly string[];
  /** variables for the builder: values of build arguments, which no list of processes should show */
  readonly environment: Readonly<Record<string, string>>;
  readonly dockerfileInline: string | null;
}

/** Makes an image out of a build context. */
export interface ImageBuilder {
  /**
   * Builds and tags `image`; `onProgress` gets the builder's own lines. Throws `TH_ENGINE_REFUSED` with the
   * builder's last words when the build fails, and when no builder is installed.
   */
  build(request: BuildRequest, image: string, onProgress: (line: string) => void, call?: Call): Promise<void>;
}
