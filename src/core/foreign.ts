/** A container that is not ours holds a service's name: we stop acting on the service, and say so. */

import { closeIncident } from './incidents.ts';
import { noteServing } from './failover.ts';
import { ask, memberMemory, stopDeadlineMs, type Turn } from './turn.ts';
import { noteVerdicts } from './verdicts.ts';

/** @returns true when the service is foreign and nothing else is to be done for it */
export function tendForeign(turn: Turn): boolean {
  const { seen, memory, model } = turn;
  if (seen.foreign === null) {
    memory.foreign = false;
    return false;
  }
  if (!memory.foreign) {
    memory.foreign = true;
    const reason = `a container that is not ours (${seen.foreign.slice(0, 12)}) holds the name ${model.name}; we leave the service alone until twinhull up takes it back`;
    turn.actions.push({ kind: 'alert', service: model.name, member: null, reason });
  }
  memory.handover = undefined;
  for (const { name } of model.members) {
    memberMemory(turn, name).repair = null;
    closeIncident(turn, name, 'superseded', 'the service is foreign');
  }
  closeIncident(turn, model.name, 'superseded', 'the service is foreign');
  for (const name of seen.foreignSharesVolumeWith) {
    ask(turn, 'stop', name, `${name} would write the same volume as a container that is not ours`, {
      deadlineMs: stopDeadlineMs(turn),
    });
  }
  noteServing(turn);
  noteVerdicts(turn);
  return true;
}
