/** A planned switch: what it means depends on what the other one does until then. */

import { switchLeader } from './failover.ts';
import { isHandsOff } from './freeze.ts';
import { switchToTwin } from './standby.ts';
import { usable, type Turn } from './turn.ts';
import { isWriterHeld } from './unrecorded.ts';
import { switchToWarm } from './warm.ts';

export function switchAsked(turn: Turn, to: string): void {
  switch (turn.model.policy.standby) {
    case 'hot':
      return switchLeader(turn, to);
    case 'cold':
      // what a person wants is done in a freeze too, and not left half done: see freeze.ts
      return isWriterHeld(turn.whole, turn.model) ? undefined : switchToTwin(turn, to);
    case 'warm':
      // one that was woken and is in traffic needs nothing more than the lead
      if (usable(turn).includes(to) && turn.model.balance === 'leader') switchLeader(turn, to);
      else if (!isHandsOff(turn.whole, turn.memory)) switchToWarm(turn, to);
  }
}
