import { messageOf } from '../errors.ts';
import type { RunBeside } from '../ports/gateway.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { LABEL } from '../labels.ts';
import { gatewayFolder } from '../state-folder.ts';
import { deadlines, within } from './deadlines.ts';
import { blueprintsOf, readGateway } from './existing.ts';
import { isRunning } from './positions.ts';
import type { Work } from './steps.ts';
import type { World } from './world.ts';

type Doors = Pick<World, 'files' | 'engine' | 'driver' | 'stateFolder'>;

/** Gives a gateway that runs another configuration; on failure it goes on with the one it has. */
export async function reloadGateway(
  { engine, driver, stateFolder }: Doors,
  { name, gateway, leaving, drainTimeoutMs }: Extract<Work, { readonly kind: 'reload_gateway' }>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const beside: RunBeside = async (command, commandSignal) => {
    const { exitCode, stdout, stderr } = await engine.exec(name, command, {}, within(deadlines.read, commandSignal));
    return { exitCode, output: `${stderr}${stdout}` };
  };
  const farewell = { members: leaving, timeoutMs: drainTimeoutMs };
  await driver.open(gateway, gatewayFolder(stateFolder, gateway.service)).reload(beside, farewell, signal);
}

/**
 * Gateways whose new configuration lies on disk and is not what runs: a process died between the two.
 * @returns what was done, a line each
 */
export async function finishReloads(fleet: Fleet, doors: Doors, signal?: AbortSignal): Promise<string[]> {
  const lines: string[] = [];
  for (const [service, blueprint] of blueprintsOf(fleet, doors)) {
    const { name, spec } = blueprint.container;
    const container = await doors.engine.inspectContainer(name, within(deadlines.read, signal));
    if (!container || !isRunning(container) || container.labels[LABEL.hash] !== spec.Labels[LABEL.hash]) continue;
    const seen = await readGateway(blueprint, doors, within(deadlines.read, signal).signal);
    if (!seen.answers || !seen.hasConfiguration || seen.isConfigured) continue;
    const gateway = blueprint.config;
    const work = { kind: 'reload_gateway', name, gateway, leaving: [], drainTimeoutMs: 0 } as const;
    const failed = await reloadGateway(doors, work, signal).then(() => null, messageOf);
    signal?.throwIfAborted();
    const outcome = failed === null ? 'it was reloaded' : `it could not be reloaded: ${failed}`;
    lines.push(`the gateway of ${service} had not taken its new configuration yet; ${outcome}`);
  }
  return lines;
}
