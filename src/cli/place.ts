import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ControlClient } from '../api/control-client.ts';
import { CONTROL_SOCKET } from '../api/control.ts';
import type { Project } from '../compose/project.ts';
import { clearLeftovers, leftovers } from '../drill/leftovers.ts';
import { isCode, TwinhullError } from '../errors.ts';
import { stateFolder, stateRoot } from '../state-folder.ts';
import type { Home } from '../wire.ts';
import type { Context } from './command.ts';
import { storedFleet } from './members.ts';
import { printableText } from './terminal/printable.ts';

interface Reading {
  /** false: `${VAR}` and env_file stay as they are written */
  readonly interpolate: boolean;
  /** mistakes in x-twinhull are mistakes; false: nobody asks for its settings */
  readonly settings: boolean;
}

/** The project of the command line. */
export async function loadProjectOf(context: Context, given: Partial<Reading> = {}): Promise<Project> {
  const options: Reading = { interpolate: true, settings: given.interpolate !== false, ...given };
  const [{ loadProject }, { settingsProblems }] = await Promise.all([
    import('../compose/load.ts'),
    import('../redundancy/settings.ts'),
  ]);
  const { flags } = context;
  const project = await loadProject({
    ...(flags.file.length > 0 ? { files: [...flags.file] } : {}),
    ...(flags.projectName === null ? {} : { projectName: flags.projectName }),
    ...(flags.projectDirectory === null ? {} : { projectDirectory: flags.projectDirectory }),
    ...(flags.profile.length > 0 ? { profiles: [...flags.profile] } : {}),
    ...(flags.envFile.length > 0 ? { envFiles: [...flags.envFile] } : {}),
    environment: definedOnly(context.environment),
    currentDir: context.currentDir,
    interpolate: options.interpolate,
    ...(options.settings ? { alsoCheck: settingsProblems } : {}),
  });
  for (const warning of (options.interpolate && project.warnings) || [])
    context.terminal.warn(`note: ${printableText(warning)}`);
  return project;
}

/**
 * The name of the project. A name given with -p (or COMPOSE_PROJECT_NAME) is enough: what runs can be looked at
 * and ended from anywhere, and with a broken file too.
 */
export async function projectNameOf(context: Context): Promise<string> {
  const given = context.flags.projectName ?? context.environment['COMPOSE_PROJECT_NAME'] ?? '';
  if (given !== '') return checkedName(given);
  try {
    return (await loadProjectOf(context, { settings: false })).name;
  } catch (error) {
    const recorded = isCode(error, 'TH_COMPOSE_INVALID') ? await nameOnRecord(context) : null;
    if (recorded === null) throw error;
    context.terminal.warn(
      `the Compose file has mistakes (twinhull config lists them); going by ${recorded} as it was started`,
    );
    return recorded;
  }
}

/** The project that was started from these files, when they can no longer be read; null when it is not just one. */
async function nameOnRecord({ flags, environment, currentDir }: Context): Promise<string | null> {
  const [{ findComposeFiles }, { openStore }] = await Promise.all([
    import('../compose/find-files.ts'),
    import('../wire.ts'),
  ]);
  const variables = new Map(Object.entries(definedOnly(environment)));
  const files = await findComposeFiles({
    files: flags.file,
    projectDirectory: flags.projectDirectory ?? undefined,
    currentDir,
    variables,
  });
  const root = stateRoot(environment);
  const folders = namesIn(root).flatMap((engine) =>
    namesIn(join(root, engine)).map((project) => join(root, engine, project)),
  );
  const names = folders.flatMap((folder) => {
    const store = openStore(folder, { readOnly: true });
    const fleet = storedFleet(store);
    store.close();
    return fleet?.files.join('\n') === files.join('\n') ? [fleet.project] : [];
  });
  return new Set(names).size === 1 ? (names[0] ?? null) : null;
}

/** A project's home, and the socket of its supervisor. */
export interface Place extends Home {
  readonly control: ControlClient;
}

/** Opens the engine and finds the project's state on it. Close the engine when done. */
export async function openPlace(context: Context, project: string): Promise<Place> {
  const { openEngine } = await import('../wire.ts');
  const engine = openEngine(context.environment);
  try {
    const folder = stateFolder(context.environment, (await engine.info()).id, project);
    return { project, engine, folder, control: controlOf(folder) };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Runs `work` at the place of the command line's project and closes the engine after it, however it ends. */
export async function withPlace<Result>(context: Context, work: (place: Place) => Promise<Result>): Promise<Result> {
  const place = await openPlace(context, await projectNameOf(context));
  try {
    await clearAfterDrills(context, place);
    return await work(place);
  } finally {
    await place.engine.close();
  }
}

/** A drill that was killed together with its guard: whoever comes next takes its fault back. */
async function clearAfterDrills(context: Context, place: Place): Promise<void> {
  const now = Date.now();
  if (leftovers(place.folder, now).length === 0) return;
  const { drillHands } = await import('./drill-hands.ts');
  for (const line of await clearLeftovers(drillHands(context, place), place.folder, now)) context.terminal.warn(line);
}

/** For reading while the engine is away: the state folder, if there is just one engine the project ever ran on. */
function folderWithoutEngine(environment: Context['environment'], project: string): string | null {
  const root = stateRoot(environment);
  const found = namesIn(root).filter((engine) => namesIn(join(root, engine)).includes(project));
  return found.length === 1 && found[0] !== undefined ? join(root, found[0], project) : null;
}

/** `work` at the place, or `otherwise` with the state folder when the engine does not answer. */
export async function readingPlace<Result>(
  context: Context,
  work: (place: Place) => Promise<Result>,
  otherwise: (folder: string, error: TwinhullError) => Promise<Result>,
): Promise<Result> {
  try {
    return await withPlace(context, work);
  } catch (error) {
    if (!isCode(error, 'TH_ENGINE_UNREACHABLE')) throw error;
    const project = await projectNameOf(context);
    const folder = folderWithoutEngine(context.environment, project);
    if (folder === null) throw error;
    return otherwise(folder, error);
  }
}

export function controlOf(folder: string): ControlClient {
  return new ControlClient(join(folder, CONTROL_SOCKET));
}

function checkedName(name: string): string {
  if (/^[a-z0-9][a-z0-9_-]*$/.test(name)) return name;
  throw new TwinhullError(
    'TH_USAGE',
    `"${name}" is no project name: only a-z, 0-9, "-" and "_" are allowed, starting with a letter or digit`,
  );
}

function definedOnly(environment: Context['environment']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
