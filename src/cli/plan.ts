import type { Command } from 'commander';
import { command, type Runner } from './command.ts';
import { loadProjectOf } from './place.ts';
import { factsIfReachable, planWith } from './planning.ts';

export function planCommand(runner: Runner): Command {
  return command(
    runner,
    {
      name: 'plan',
      summary: 'what would exist, what is refused and why',
      description: 'What would exist: members, gateways, ports; what is refused and why. Changes nothing.',
    },
    async (context) => {
      const project = await loadProjectOf(context);
      const fleet = await planWith(context, project, await factsIfReachable(context, project));
      const { formatPlan, planDocument } = await import('../redundancy/explain.ts');
      if (context.terminal.json) context.terminal.document(planDocument(fleet));
      else context.terminal.say(formatPlan(fleet));
      return 0;
    },
  );
}
