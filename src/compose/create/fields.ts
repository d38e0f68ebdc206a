/** The plain cases of the table's engine column: one key, one field of the create call. */

import { parseDuration } from '../../duration.ts';
import type { ContainerContext, ContainerDraft } from '../keys/key.ts';

type Put<T> = { readonly put: (draft: ContainerDraft, value: T, context: ContainerContext) => void };

/** A field of HostConfig that takes the canonical value as it is. */
export function hostField(name: string): Put<unknown> {
  return {
    put: (draft, value) => {
      draft.HostConfig[name] = value;
    },
  };
}

/** A field of HostConfig that counts bytes; canonical sizes are text, -1 is "no limit". */
export function hostBytes(name: string): Put<string> {
  return {
    put: (draft, value) => {
      draft.HostConfig[name] = Number(value);
    },
  };
}

type ConfigField = 'Hostname' | 'Domainname' | 'User' | 'WorkingDir' | 'StopSignal' | 'MacAddress' | 'Platform';

/** A text of the container's configuration. */
export function configField(name: ConfigField): Put<string> {
  return {
    put: (draft, value) => {
      draft[name] = value;
    },
  };
}

/** The engine counts these in nanoseconds. A canonical duration always parses. */
export function nanoseconds(duration: string): number {
  return Math.round((parseDuration(duration) ?? 0) * 1e6);
}

/** Whole seconds, rounded up: less time than asked for would be a loss. */
export function seconds(duration: string): number {
  return Math.ceil((parseDuration(duration) ?? 0) / 1000);
}

/** Whether the engine speaks at least API 1.`minor`; an engine not known yet is taken for new. */
export function speaks(context: ContainerContext, minor: number): boolean {
  const [, found] = /^1\.(\d+)$/.exec(context.host.apiVersion ?? '') ?? [];
  return found === undefined || Number(found) >= minor;
}
