/**
 * The table of keys. Every key of a Compose file is described once: its shape (which reads what people write
 * and makes the canonical form), how two files merge it, what the engine does with it, and one line of
 * documentation. Validation, merging, printing, the container mapping and docs/compose-keys.md are made from it.
 */

import type { ContainerSpec } from '../../ports/engine.ts';
import type { Node, Path } from '../node.ts';
import type { Problem } from '../problems.ts';
import type { Project, Service } from '../project.ts';

/** What is true of the file being read. */
export interface Reading {
  readonly problems: Problem[];
  /** what is carried out, and perhaps not as it was meant */
  readonly warnings: Problem[];
  /** false: `${VAR}` stays as written, and a value that holds one cannot be judged */
  readonly interpolated: boolean;
  /** makes a path that a person wrote absolute (interpolated) or relative to the project's folder */
  readonly resolvePath: (written: string) => string;
  /** how much variables and short forms may still add, over all files; in characters */
  readonly growth: { left: number };
}

/** What a project's files may grow by when they are read: 32 MiB of text. */
export const MAX_GROWTH = 32 * 1024 * 1024;

/** A value's place while it is read. */
export interface Place {
  readonly path: Path;
  readonly reading: Reading;
}

/**
 * Reads what a person wrote and gives its canonical form.
 * `T` is the type of the canonical value; it exists for the compiler only.
 */
export interface Shape<T> {
  /** for messages, after "expected": "a duration such as 10s" */
  readonly expected: string;
  /** The canonical node, or null after reporting what is wrong. */
  readonly read: (node: Node, place: Place) => Node | null;
  /** How this form merges where the key has no rule of its own. */
  readonly merge: Merge;
  /** the keys inside, where there are named ones: for the docs page */
  readonly keys?: KeyTable;
  readonly canonical?: T;
}

/** Two canonical nodes, the second from the later file. */
export type Merge = (base: Node, over: Node) => Node;

export interface Key<T = unknown> {
  readonly shape: Shape<T>;
  readonly merge?: Merge;
  readonly engine?: EngineUse<T>;
  readonly doc: string;
}

/** A key of a service: the engine's part must have been decided. */
export interface ServiceKey<T = unknown> extends Key<T> {
  readonly engine: EngineUse<T>;
}

export type KeyTable = Readonly<Record<string, Key>>;
export type ServiceKeyTable = Readonly<Record<string, ServiceKey>>;

/** What becomes of a key when a container is made. */
export type EngineUse<T> =
  /** written into the create call */
  | { readonly put: Put<T>['put'] }
  /** carried out by another part of twinhull (networks, dependencies, builds): which one */
  | { readonly elsewhere: string }
  /** without effect on a container, as in Compose: why */
  | { readonly ignored: string }
  /** twinhull cannot do it yet: `plan` names it with this reason */
  | { readonly unsupported: string };

/** A method, so that a table may hold keys of many value types (methods are compared bivariantly). */
interface Put<T> {
  put(draft: ContainerDraft, value: T, context: ContainerContext): void;
}

/** A ContainerSpec under construction. */
export interface ContainerDraft extends Omit<{ -readonly [K in keyof ContainerSpec]: ContainerSpec[K] }, 'HostConfig'> {
  readonly HostConfig: Record<string, unknown>;
}

/** What the project's files do not tell and a container needs. */
export interface ContainerHost {
  /** absolute, on the engine's host: where files made of `content:` and `environment:` are written */
  readonly contentFolder: string;
  /** the environment twinhull runs in */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** the container that stands for a service whose namespace or volumes are shared, by name or id */
  readonly containerOf: (service: string) => string;
  /** of the engine, "1.41"; keys it is too old for are named as unsupported. Absent: the newest. */
  readonly apiVersion?: string;
}

/** A file to be written before the container starts. */
export interface ContentFile {
  /** absolute */
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

export interface ContainerContext {
  readonly project: Project;
  readonly name: string;
  readonly service: Service;
  readonly host: ContainerHost;
  /** Notes a part of a key that is not carried out; `plan` names it. */
  readonly refuse: (key: string, why: string) => void;
  readonly addFile: (file: ContentFile) => void;
}

/** Gives the entry the value type of its shape. */
export function key<T>(entry: ServiceKey<T>): ServiceKey<T> {
  return entry;
}
