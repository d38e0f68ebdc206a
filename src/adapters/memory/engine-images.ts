import { createHash } from 'node:crypto';
import type { Image } from '../../ports/engine.ts';
import { refused } from './engine-refusal.ts';

/** The images of the engine in memory, and those of its registry. */
export class ImageTable {
  readonly #images = new Map<string, Image>();
  readonly #registry = new Map<string, Image>();

  add(reference: string, image: Partial<Image>): void {
    this.#images.set(reference, made(reference, image));
  }

  /** There after a pull. */
  addPullable(reference: string, image: Partial<Image>): void {
    this.#registry.set(reference, made(reference, image));
  }

  find(reference: string): Image | null {
    return this.#images.get(reference) ?? null;
  }

  remove(reference: string): void {
    this.#images.delete(reference);
  }

  pull(reference: string): void {
    const image = this.#registry.get(reference);
    if (image !== undefined) this.#images.set(reference, image);
    else
      throw refused(
        404,
        `pull access denied for ${reference}, repository does not exist or may require 'docker login'`,
      );
  }
}

function made(reference: string, image: Partial<Image>): Image {
  return plainImage({ id: `sha256:${createHash('sha256').update(reference).digest('hex')}`, ...image });
}

/** An image that declares nothing but this. */
export function plainImage(declares: Partial<Image> = {}): Image {
  return {
    id: 'sha256:0',
    exposedPorts: [],
    volumes: [],
    healthcheckTest: null,
    entrypoint: null,
    cmd: null,
    env: [],
    user: '',
    labels: {},
    ...declares,
  };
}
