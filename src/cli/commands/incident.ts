import type { Command } from 'commander';
import { TwinhullError } from '../../errors.ts';
import type { Store } from '../../ports/store.ts';
import type { IncidentReport } from '../../supervisor/incident-report.ts';
import { command, type Context, type Entry, type ExitCode } from '../command.ts';
import { readingPlace } from '../place.ts';
import { emergencyPage, incidentList, incidentPage, type OnRecord } from '../terminal/incident-page.ts';

interface Options {
  readonly limit: string;
}

export function incidentCommand(entry: Entry): Command {
  return command<Options>(
    entry,
    {
      description:
        'The story of an incident or an emergency: what was seen, what was thought of it, what was done and how it ended, what it cost. Without an ID: the list, newest first, and those that are open in full. Needs the record alone: no supervisor, no engine.',
    },
    (context, options, args) => {
      const id = (args[0] as string | undefined) ?? null;
      const limit = limitOf(options.limit);
      const show = (folder: string): Promise<ExitCode> => tell(context, folder, id, limit);
      return readingPlace(context, (place) => show(place.folder), show);
    },
  )
    .argument('[id]', 'as the list has it; the beginning is enough where only one begins so')
    .option('-n, --limit <number>', 'how many the list has', '20');
}

function limitOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new TwinhullError('TH_USAGE', `--limit takes a number, not "${text}"`);
}

async function tell(context: Context, folder: string, id: string | null, limit: number): Promise<ExitCode> {
  const [{ openStore }, { emergencies }] = await Promise.all([
    import('../../wire.ts'),
    import('../../supervisor/record.ts'),
  ]);
  const store = openStore(folder, { readOnly: true });
  try {
    const records = sorted([
      ...store.incidents().map((record) => ({ is: 'incident', record }) as const),
      ...emergencies(store).map((record) => ({ is: 'emergency', record }) as const),
    ]);
    if (id === null) await showAll(context, store, records, limit);
    else await showOne(context, store, found(records, id));
    return 0;
  } finally {
    store.close();
  }
}

function sorted(records: readonly OnRecord[]): OnRecord[] {
  return records.toSorted((a, b) => beganAt(b) - beganAt(a));
}

function beganAt(one: OnRecord): number {
  return one.is === 'incident' ? one.record.startedAt : one.record.since;
}

function found(records: readonly OnRecord[], id: string): OnRecord {
  const matching = records.filter(({ record }) => record.id.startsWith(id));
  const exact = records.find(({ record }) => record.id === id) ?? (matching.length === 1 ? matching[0] : undefined);
  if (exact) return exact;
  const why =
    matching.length === 0
      ? 'no incident on record has the ID'
      : `${matching.length} incidents have an ID that begins with`;
  throw new TwinhullError('TH_UNKNOWN_NAME', `${why} ${id}`, { next: 'twinhull incident lists them.' });
}

async function showAll(context: Context, store: Store, records: readonly OnRecord[], limit: number): Promise<void> {
  const { terminal } = context;
  const open = records.filter(({ record }) => record.endedAt === null);
  const listed = records.slice(0, limit);
  const reports = await Promise.all(open.map((one) => storyOf(store, one)));
  if (terminal.json) {
    const of = (is: OnRecord['is']): unknown[] => listed.filter((one) => one.is === is).map(({ record }) => record);
    terminal.document({ incidents: of('incident'), emergencies: of('emergency'), open: reports });
    return;
  }
  const options = { columns: terminal.columns, now: Date.now() };
  for (const line of incidentList(listed, options)) terminal.say(line);
  const left = records.length - listed.length;
  if (left > 0) terminal.say(`${left} older ones: --limit ${records.length}`);
  for (const story of reports) for (const line of ['', ...pageOf(story, options)]) terminal.say(line);
}

async function showOne({ terminal }: Context, store: Store, one: OnRecord): Promise<void> {
  const story = await storyOf(store, one);
  if (terminal.json) terminal.document(story);
  else for (const line of pageOf(story, { columns: terminal.columns, now: Date.now() })) terminal.say(line);
}

type Story =
  | ({ readonly is: 'incident' } & IncidentReport)
  | { readonly is: 'emergency'; readonly emergency: Extract<OnRecord, { is: 'emergency' }>['record'] };

async function storyOf(store: Store, one: OnRecord): Promise<Story> {
  if (one.is === 'emergency') return { is: 'emergency', emergency: one.record };
  const { incidentReport } = await import('../../supervisor/incident-report.ts');
  const report = incidentReport(store, one.record.id, Date.now());
  if (!report) throw new TwinhullError('TH_INTERNAL', `the incident ${one.record.id} is listed and not on record`);
  return { is: 'incident', ...report };
}

function pageOf(story: Story, options: { readonly columns: number; readonly now: number }): string[] {
  return story.is === 'incident' ? incidentPage(story, options) : emergencyPage(story.emergency, options);
}
