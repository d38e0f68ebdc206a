/**
 * How a fault is taken back, as plain data: it is written down before the fault begins, and whoever finds it later
 * needs nothing else to carry it out. What was repaired or replaced in the meantime is left alone.
 */

import type { Engine, NetworkAttachment } from '../ports/engine.ts';
import { endLeak } from './memory-hog.ts';

export type Undo =
  /** what was killed is left to the supervisor, whose repair is what the drill wants to see */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'continue' }
  | { readonly kind: 'start' }
  | { readonly kind: 'unpause' }
  | { readonly kind: 'connect'; readonly attachment: NetworkAttachment }
  | { readonly kind: 'limit_cpu'; readonly cpus: number | null }
  | { readonly kind: 'end_leak' }
  | { readonly kind: 'start_supervisor' }
  /** of systemd */
  | { readonly kind: 'start_unit'; readonly unit: string };

/** What taking back needs. The two functions give false where there is nothing to bring back. */
export interface Hands {
  readonly engine: Engine;
  startSupervisor(): Promise<boolean>;
  startUnit(unit: string): Promise<boolean>;
}

/**
 * @param containerId '' for a fault that is in no container
 * @returns whether there was anything left to take back
 */
export async function takeBack(hands: Hands, containerId: string, undo: Undo): Promise<boolean> {
  switch (undo.kind) {
    case 'nothing':
      return false;
    case 'start_supervisor':
      return hands.startSupervisor();
    case 'start_unit':
      return hands.startUnit(undo.unit);
    default:
      return takeBackInContainer(hands.engine, containerId, undo);
  }
}

type InContainer = Exclude<Undo, { kind: 'nothing' | 'start_supervisor' | 'start_unit' }>;

async function takeBackInContainer(engine: Engine, containerId: string, undo: InContainer): Promise<boolean> {
  const container = await engine.inspectContainer(containerId);
  if (container === null) return false;
  const { id, state } = container;
  switch (undo.kind) {
    case 'continue':
      if (state !== 'running') return false;
      await engine.killContainer(id, 'SIGCONT');
      return true;
    case 'start':
      if (state !== 'exited') return false;
      await engine.startContainer(id);
      return true;
    case 'unpause':
      if (state !== 'paused') return false;
      await engine.unpauseContainer(id);
      return true;
    case 'connect':
      if (undo.attachment.network in container.networks) return false;
      await engine.connectNetwork(undo.attachment, id);
      return true;
    case 'limit_cpu':
      await engine.setCpuLimit(id, undo.cpus);
      return true;
    case 'end_leak':
      return state === 'running' && (await endLeak(engine, id));
  }
}

/** From a file that is not to be trusted; null: it is none. */
export function readUndo(value: unknown): Undo | null {
  if (!isRecord(value)) return null;
  const { kind, attachment, cpus, unit } = value;
  switch (kind) {
    case 'nothing':
    case 'continue':
    case 'start':
    case 'unpause':
    case 'end_leak':
    case 'start_supervisor':
      return { kind };
    case 'connect':
      return isAttachment(attachment) ? { kind, attachment } : null;
    case 'limit_cpu':
      return cpus === null || (typeof cpus === 'number' && cpus > 0) ? { kind, cpus } : null;
    case 'start_unit':
      return typeof unit === 'string' && isUnit(unit) ? { kind, unit } : null;
    default:
      return null;
  }
}

/** A service of systemd by its name, and nothing that its command line could take for an option. */
export function isUnit(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9@._-]*\.service$/.test(name);
}

function isAttachment(value: unknown): value is NetworkAttachment {
  if (!isRecord(value)) return false;
  const { network, aliases, ipv4Address } = value;
  return (
    typeof network === 'string' &&
    Array.isArray(aliases) &&
    aliases.every((alias) => typeof alias === 'string') &&
    (ipv4Address === undefined || typeof ipv4Address === 'string')
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
