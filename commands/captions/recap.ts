import type { RecapOutcome } from '#src/features/captions/caption-outcomes.ts';
import { recapMessages } from '#src/features/captions/transcripts/recap-messages.ts';
import type {
  Command,
  CommandCall,
  CommandPorts,
  Replies,
  Reply,
} from '#src/features/contract/command.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';
import { pickedSession, sessionOption } from './session-option.ts';
import { noTranscript } from './transcript.ts';

const starts = ['start', 'i came'] as const;

/** A self-hosted chat server may take long for a whole evening; the session itself gives up a minute earlier. */
export const longestRecapMs = 14 * 60_000;

export const recap: Command = {
  name: 'recap',
  description: 'command.captions.recap',
  help: {
    topic: 'What did I miss',
    command: 'captions recap',
    line: ({ hasModel }) => (hasModel ? { id: 'help.missed' } : undefined),
  },
  shownTo: 'caller',
  longestMs: longestRecapMs,
  options: [
    { name: 'since', description: 'command.captions.recap', kind: 'choice', values: starts },
    sessionOption,
  ],
  run: sumUp,
};

async function sumUp(call: CommandCall, ports: CommandPorts): Promise<Replies> {
  const { guildId, callerId, callerName, words } = call;
  const picked = await pickedSession(call, ports);
  if (picked === 'unknown') return noTranscript({ kind: 'unknown', typed: words.session ?? '' });
  const asker = { id: callerId, name: callerName };
  const since = starts.find((one) => one === words.since) ?? 'start';
  const outcome = await ports.features.transcripts.recap(guildId, asker, { since, ...picked });
  return recapReplies(outcome, callerName, ports.timesIn(guildId));
}

/** A recap that only the caller sees, or the reason why there is none. */
export function recapReplies(outcome: RecapOutcome, name: string, times: WallTimes): Replies {
  switch (outcome.kind) {
    case 'recap': {
      const [first, ...more] = recapMessages(outcome, times);
      return [replyOf(first), ...more.map(replyOf)];
    }
    case 'late':
      return [{ id: 'answer.expired', with: { name }, to: 'caller' }];
    case 'failed':
      return [{ ...outcome.line, to: 'caller' }];
    case 'none':
    case 'unread':
    case 'unknown':
      return noTranscript(outcome);
  }
}

function replyOf([first, ...lines]: readonly [TextLine, ...TextLine[]]): Reply {
  return { ...first, to: 'caller', lines };
}
