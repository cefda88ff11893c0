import type { Reply } from '#src/features/command.ts';
import type { ReadingOutcome } from '#src/features/typed/chat-read-aloud.ts';
import { nowhereReply } from './command-rights.ts';

/** Tells the caller that their text is read out or waits, or why not; `command` makes room. */
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
