import type { Command } from 'commander';
import { unknownName } from '../../api/unknown-name.ts';
import { isCode, TwinhullError } from '../../errors.ts';
import type { Explanation } from '../../supervisor/parts.ts';
import { command, type Context, type Entry, type ExitCode } from '../command.ts';
import { storedFleet } from '../members.ts';
import { controlOf, projectNameOf, readingPlace } from '../place.ts';
import { wrap } from '../terminal/table.ts';
import { whyPage } from '../terminal/why-page.ts';

export function whyCommand(entry: Entry): Command {
  return command(
    entry,
    {
      description:
        'Why a service or a member is in the state it is in, since when, and what will happen next and when. Works from the record where nobody supervises.',
    },
    (context, _options, args) => {
      const name = args[0] as string;
      return readingPlace(
        context,
        ({ folder, project }) => why(context, folder, project, name),
        async (folder) => why(context, folder, await projectNameOf(context), name),
      );
    },
  ).argument('<name>', 'a service or a member');
}

async function why(context: Context, folder: string, project: string, name: string): Promise<ExitCode> {
  const { terminal } = context;
  const supervised = await fromSupervisor(context, folder, name);
  const explanation = supervised ?? (await fromRecord(folder, project, name));
  if (terminal.json) {
    terminal.document({ project, supervised: supervised !== null, ...explanation });
    return 0;
  }
  for (const line of whyPage(explanation, { columns: terminal.columns, now: Date.now() })) terminal.say(line);
  if (supervised === null) for (const line of wrap(NOBODY, terminal.columns, '')) terminal.say(line);
  return 0;
}

const NOBODY =
  'This is from the record, as it was last seen. Nobody supervises the project: nothing will happen until "twinhull up -d".';

/** null: nobody supervises, or who does is silent */
async function fromSupervisor({ terminal }: Context, folder: string, name: string): Promise<Explanation | null> {
  const control = controlOf(folder);
  try {
    return (await control.status())?.status ? await control.why(name) : null;
  } catch (error) {
    if (!isCode(error, 'TH_SUPERVISOR_SILENT')) throw error;
    terminal.warn(`${error.message}; this is from its record`);
    return null;
  }
}

async function fromRecord(folder: string, project: string, name: string): Promise<Explanation> {
  const [{ clock, openStore }, { explain }, { modelOf }, { savedMemory }] = await Promise.all([
    import('../../wire.ts'),
    import('../../core/why.ts'),
    import('../../supervisor/model.ts'),
    import('../../supervisor/record.ts'),
  ]);
  const store = openStore(folder, { readOnly: true });
  try {
    const fleet = storedFleet(store);
    const memory = savedMemory(store)?.memory;
    if (!fleet || !memory) throw new TwinhullError('TH_NOT_RUNNING', `nothing is on record for the project ${project}`);
    const found = explain(modelOf(fleet), memory, name, clock.now());
    if (found) return asRecorded(found);
    const names = fleet.services.flatMap((service) => [service.name, ...service.members.map((member) => member.name)]);
    throw unknownName(name, [...new Set(names)]);
  } finally {
    store.close();
  }
}

/** What would come next comes only when somebody supervises. */
function asRecorded(explanation: Explanation): Explanation {
  return { ...explanation, next: [], members: explanation.members.map(asRecorded) };
}
