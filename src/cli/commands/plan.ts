import type { Command } from 'commander';
import { command, type Entry } from '../command.ts';
import { loadProjectOf } from '../place.ts';
import { factsIfReachable, planWith } from '../planning.ts';

export function planCommand(entry: Entry): Command {
  return command(
    entry,
    { description: 'What would exist: members, gateways, ports; what is refused and why. Changes nothing.' },
    async (context) => {
      const project = await loadProjectOf(context);
      const fleet = await planWith(context, project, await factsIfReachable(context, project));
      const { formatPlan, planDocument } = await import('../../redundancy/explain.ts');
      if (context.terminal.json) context.terminal.document(planDocument(fleet));
      else context.terminal.say(formatPlan(fleet));
      return 0;
    },
  );
}
