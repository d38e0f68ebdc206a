/** Networks, names and namespaces: what a container shares with others. */

import type { ContainerContext, ContainerDraft } from '../keys/key.ts';
import type { NetworkUse } from '../project.ts';
import { speaks } from './fields.ts';

/** "service:NAME" becomes the container that stands for it. */
export function putNamespace(field: 'NetworkMode' | 'PidMode' | 'IpcMode') {
  return {
    put: (draft: ContainerDraft, value: string | null, { host }: ContainerContext): void => {
      if (value === null) return;
      const service = /^service:(.+)$/.exec(value)?.[1];
      draft.HostConfig[field] = service === undefined ? value : `container:${host.containerOf(service)}`;
    },
  };
}

/**
 * The attachments themselves are made by `networkAttachments`: members and gateways are on other networks than
 * the service of the file. Here is said what the engine is too old for.
 */
export function judgeNetworks(
  _draft: ContainerDraft,
  value: Readonly<Record<string, NetworkUse | null>>,
  context: ContainerContext,
): void {
  for (const [name, use] of Object.entries(value)) {
    if (use?.['gw_priority'] !== undefined && !speaks(context, 48)) {
      context.refuse(`networks.${name}.gw_priority`, 'the engine is too old for it (Docker 28 or later)');
    }
    if (use?.['interface_name'] !== undefined && !speaks(context, 49)) {
      context.refuse(`networks.${name}.interface_name`, 'the engine is too old for it (Docker 28.1 or later)');
    }
  }
}

/** "80", "80/udp", "3000-3005/tcp". */
export function putExpose(draft: ContainerDraft, value: readonly string[]): void {
  const ports = value.flatMap(portsOf).map((port) => [port, {}] as const);
  draft.ExposedPorts = { ...draft.ExposedPorts, ...Object.fromEntries(ports) };
}

/** The table's form is "name=address"; the engine's "name:address". */
export function putExtraHosts(draft: ContainerDraft, value: readonly string[]): void {
  draft.HostConfig['ExtraHosts'] = value.map((entry) => entry.replace('=', ':'));
}

function portsOf(written: string): string[] {
  const [, first = '', last = first, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(written) ?? [];
  const count = Math.max(0, Number(last) - Number(first) + 1);
  return Array.from({ length: first === '' ? 0 : count }, (_, index) => `${Number(first) + index}/${protocol}`);
}
