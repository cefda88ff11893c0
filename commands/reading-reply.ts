import type { Reply } from '#src/features/contract/command.ts';
import type { SayOutcome } from '#src/features/typed/say-outcomes.ts';
import { nowhere } from './rights.ts';

/** Outcome of a text to be read out, typed or from a message. */
type CommonOutcome = Exclude<SayOutcome, { kind: 'full' | 'placed' }>;

/** Tells the caller that their text is read out or waits, or why not. */
export function readingReply(outcome: CommonOutcome): Reply {
  switch (outcome.kind) {
    case 'queued': {
      const { ahead: n } = outcome;
      return n > 0
        ? { id: 'say.queued', with: { n }, to: 'caller' }
        : { id: 'say.now', to: 'caller' };
    }
    case 'unspeakable':
      return { id: 'say.empty', to: 'caller' };
    case 'muted':
      return { id: 'muted.server', to: 'caller' };
    case 'captions-only':
      return { id: 'captions.only', to: 'caller' };
    case 'unaffordable':
      return { ...outcome.line, to: 'caller' };
    case 'nowhere':
      return nowhere;
  }
}
