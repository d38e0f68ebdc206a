import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf, TwinhullError } from '../errors.ts';
import { readFileText } from '../compose/read-file.ts';
import { type DrillRun, runDocument, runPage } from '../drill/report.ts';
import type { Context } from './command.ts';

const USUAL_NAME = 'drills.yaml';

/** Where a report was written. */
export interface ReportFiles {
  readonly markdown: string;
  readonly json: string;
}

/**
 * The text of the file of drills: the one named, else drills.yaml beside the Compose file.
 * @throws TH_DRILLS_NOT_FOUND
 */
export async function drillsFile(context: Context, named: string | null): Promise<{ file: string; source: string }> {
  const file = named === null ? join(projectFolder(context), USUAL_NAME) : resolve(context.currentDir, named);
  const found = await readFileText(file);
  if ('text' in found) return { file, source: found.text };
  const why = 'missing' in found ? 'does not exist' : found.refused;
  throw new TwinhullError('TH_DRILLS_NOT_FOUND', `${file} ${why}`);
}

function projectFolder({ flags, currentDir, environment }: Context): string {
  const first = flags.file[0] ?? environment['COMPOSE_FILE']?.split(':')[0];
  if (flags.projectDirectory !== null) return resolve(currentDir, flags.projectDirectory);
  return first === undefined || first === '' || first === '-' ? currentDir : dirname(resolve(currentDir, first));
}

/**
 * Two files, for their owner alone: what failed how is nobody else's business.
 * @throws TH_STATE_UNUSABLE
 */
export function writeReport(run: DrillRun, folder: string): ReportFiles {
  const name = new Date(run.startedAt).toISOString().replaceAll(':', '-');
  const files = { markdown: join(folder, `${name}.md`), json: join(folder, `${name}.json`) };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(files.markdown, runPage(run), { mode: 0o600, flag: 'wx' });
    writeFileSync(files.json, `${JSON.stringify(runDocument(run), null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new TwinhullError('TH_STATE_UNUSABLE', `the report could not be written: ${messageOf(cause)}`, {
      next: 'Name another folder with --report.',
      cause,
    });
  }
  return files;
}

/** Where reports lie that nobody asked for elsewhere. */
export function usualReportFolder(stateFolder: string): string {
  return join(stateFolder, 'drills', 'reports');
}
