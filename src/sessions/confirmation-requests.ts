import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { ConfirmationPress } from '#src/conversation/tools/pending-confirmations.ts';
import type { Owned } from '#src/people/owned.ts';
import type { ConfirmOutcome } from '#src/ports/command-ports.ts';
import type { ReplyFile } from '#src/ports/voice-channel-chat-poster.ts';
import { type AnyLine, fillLine } from '#src/texts/texts.ts';
import type { VoiceSessions } from './voice-sessions.ts';

/** The dialog behind a Confirm button, for the only person with a right to the button. */
export interface ConfirmationRequests {
  /** Shows a call that waits for Confirm, or the answer to one that was confirmed. */
  showConfirmation(guildId: GuildId, askId: string, personId: PersonId): ShowOutcome;
  /** Ends an offer after its No, for good. */
  declineCall(guildId: GuildId, askId: string, personId: PersonId): DeclineOutcome;
  /** Runs a tool call after its Confirm. Never throws. */
  confirmCall(
    guildId: GuildId,
    askId: string,
    personId: PersonId,
  ): Promise<ConfirmOutcome>;
}

/** Creates the dialog for the sessions of a shard. Aborting `signal` ends confirmed calls. */
export function createConfirmationRequests(
  sessions: Pick<VoiceSessions, 'findSession'>,
  signal: AbortSignal,
): ConfirmationRequests {
  return {
    showConfirmation(guildId, askId, personId) {
      const tools = sessions.findSession(guildId)?.tools;
      if (!tools) return { kind: 'over' };
      const { clock, confirmations } = tools;
      const answer = confirmations.findAnswer(askId);
      if (answer?.presser.id === personId)
        return { kind: 'answered', text: answer.text };
      if (answer) return { kind: 'other', name: answer.presser.name };
      const press = confirmations.findCall(askId, personId);
      return press.kind === 'theirs' ? describeCall(press, clock.nowMs()) : press;
    },
    declineCall(guildId, askId, personId) {
      const session = sessions.findSession(guildId);
      if (!session) return { kind: 'over' };
      const press = session.tools.confirmations.findCall(askId, personId);
      if (press.kind !== 'theirs') return press;
      session.calls.declineCall(press.ask);
      return { kind: 'declined' };
    },
    async confirmCall(guildId, askId, personId) {
      const session = sessions.findSession(guildId);
      if (!session) return { kind: 'over' };
      const press = session.tools.confirmations.findCall(askId, personId);
      if (press.kind !== 'theirs') return press;
      return await session.calls.confirmCall(press.ask, signal);
    },
  };
}

function describeCall(
  { ask, untilMs }: Extract<ConfirmationPress, { readonly kind: 'theirs' }>,
  nowMs: number,
): ShowOutcome {
  const { action, asker, presser } = ask;
  const isOther = presser.id !== asker.id;
  const question = action.map((call) =>
    fillLine((isOther && call.presser?.ask) || call.question, { name: presser.name }),
  );
  const seconds = Math.ceil((untilMs - nowMs) / 1000);
  const files = action.split((call) => call.files ?? []);
  const offers = action.split(({ decline }) => (decline ? [decline] : []));
  const shown = { kind: 'shown', line: question, s: seconds, files } as const;
  return offers.length > 0 ? { ...shown, isOffer: true } : shown;
}

type DeclineOutcome =
  | { readonly kind: 'declined' }
  | Exclude<ConfirmationPress, { readonly kind: 'theirs' }>;

type ShowOutcome =
  | { readonly kind: 'answered'; readonly text: Owned<string> }
  | {
      readonly kind: 'shown';
      readonly line: Owned<AnyLine>;
      readonly s: number;
      readonly files: readonly Owned<ReplyFile>[];
      /** The presser can also say that it shall not be offered again. */
      readonly isOffer?: true;
    }
  | Exclude<ConfirmationPress, { readonly kind: 'theirs' }>;
