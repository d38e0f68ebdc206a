import type { Project } from '../compose/project.ts';
import { isCode } from '../errors.ts';
import type { Image, Network } from '../ports/engine.ts';
import type { Fleet } from '../redundancy/fleet.ts';
import { stateFolder, stateRoot } from '../state-folder.ts';
import type { OpenEngine } from '../wire.ts';
import type { Context } from './command.ts';
import { join } from 'node:path';

/** What the engine knows that a plan depends on. */
export interface EngineFacts {
  /** by reference; null: not there (yet) */
  readonly images: ReadonlyMap<string, Image | null>;
  readonly networks: readonly Network[];
  /** '' when no engine was asked */
  readonly stateFolder: string;
}

/** Asks the engine for the images of the project, all at once, and for the networks that are in use. */
export async function factsFrom(engine: OpenEngine, context: Context, project: Project): Promise<EngineFacts> {
  const references = imagesOf(project);
  const [info, networks, images] = await Promise.all([
    engine.info(),
    engine.listNetworks({}),
    Promise.all(references.map(async (reference) => [reference, await engine.inspectImage(reference)] as const)),
  ]);
  return { images: new Map(images), networks, stateFolder: stateFolder(context.environment, info.id, project.name) };
}

/** Facts for `plan`, `init` and `generate`, which work without an engine too, knowing less then. */
export async function factsIfReachable(context: Context, project: Project): Promise<EngineFacts> {
  const { openEngine } = await import('../wire.ts');
  try {
    const engine = openEngine(context.environment);
    try {
      return await factsFrom(engine, context, project);
    } finally {
      await engine.close();
    }
  } catch (error) {
    if (!isCode(error, 'TH_ENGINE_UNREACHABLE')) throw error;
    context.terminal.warn(
      `the engine does not answer; what images declare (ports, volumes) and which addresses are in use is not known`,
    );
    return {
      images: new Map(),
      networks: [],
      stateFolder: join(stateRoot(context.environment), 'unknown', project.name),
    };
  }
}

export async function planWith(context: Context, project: Project, facts: EngineFacts): Promise<Fleet> {
  const [{ planFleet }, { gatewayDriver }] = await Promise.all([import('../redundancy/plan.ts'), import('../wire.ts')]);
  return planFleet(project, {
    images: facts.images,
    networks: facts.networks,
    stateFolder: facts.stateFolder,
    driver: gatewayDriver(context.environment),
  });
}

function imagesOf(project: Project): string[] {
  return [...new Set(Object.entries(project.services).map(([name, { image }]) => image ?? `${project.name}-${name}`))];
}
