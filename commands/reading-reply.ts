import type { Reply } from '#src/features/command.ts';
import type { ReadingOutcome } from '#src/features/typed/chat-read-aloud.ts';
import { nowhereReply } from './command-rights.ts';

/** `command` is the command that makes room in a full queue. */
export function toReadingReply(outcome: ReadingOutcome, command: string): Reply {
  switch (outcome.kind) {
    case 'queued': {
      const { position: n } = outcome;
      return n > 0 ? { id: 'say.queued', with: { n } } : { id: 'say.now' };
    }
    case 'full':
      return { id: 'limit', with: { limit: outcome.limit, command } };
    case 'refused':
      return outcome.line;
    case 'nowhere':
      return nowhereReply;
  }
}
