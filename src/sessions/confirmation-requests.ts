import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { ConfirmationPress } from '#src/conversation/tools/pending-confirmations.ts';
import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { ConfirmOutcome } from '#src/ports/command-ports.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import { fillLine, type TextLine } from '#src/texts/texts.ts';
import type { VoiceSessions } from './voice-sessions.ts';

/** Shows and runs confirmed calls, for the only person with a right to the button. */
export function createConfirmationRequests(
  sessions: Pick<VoiceSessions, 'findSession'>,
  signal: AbortSignal,
) {
  return {
    showConfirmation(guildId: GuildId, askId: string, personId: PersonId): ShowOutcome {
      const tools = sessions.findSession(guildId)?.tools;
      if (!tools) return { kind: 'over' };
      const { clock, confirmations } = tools;
      const held = confirmations.findAnswer(askId);
      if (held?.presser.id === personId) return { kind: 'answered', text: held.text };
      if (held) return { kind: 'other', name: held.presser.name };
      const found = confirmations.findCall(askId, personId);
      if (found.kind !== 'theirs') return found;
      const { ask, untilMs } = found;
      const { action, asker, presser } = ask;
      const isOther = presser.id !== asker.id;
      const question = (isOther && action.presser?.ask) || action.question;
      const s = Math.ceil((untilMs - clock.nowMs()) / 1000);
      const line = fillLine(question, { name: presser.name });
      return { kind: 'shown', line, s, files: action.files ?? [] };
    },

    /** Runs a tool call after its Confirm. Never throws. */
    async confirmCall(
      guildId: GuildId,
      askId: string,
      personId: PersonId,
    ): Promise<ConfirmOutcome> {
      const session = sessions.findSession(guildId);
      if (!session) return { kind: 'over' };
      const found = session.tools.confirmations.findCall(askId, personId);
      if (found.kind !== 'theirs') return found;
      return await session.calls.confirmCall(found.ask, signal);
    },
  };
}

export type ConfirmationRequests = ReturnType<typeof createConfirmationRequests>;

type ShowOutcome =
  | { readonly kind: 'answered'; readonly text: ConfidentialText }
  | {
      readonly kind: 'shown';
      readonly line: TextLine;
      readonly s: number;
      readonly files: readonly ReplyFile[];
    }
  | Exclude<ConfirmationPress, { readonly kind: 'theirs' }>;
