import { neverAborted } from '#src/base/bounded-wait.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { toFailureEvent } from '#src/ports/failure-event.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { JoinCall } from './join-outcomes.ts';
import type { VoiceSessions } from './voice-sessions.ts';

const openMs = 600_000;
const askGapMs = 60_000;

type MoveRequest = {
  readonly to: ChannelRef;
  readonly call: JoinCall;
  readonly askedAtMs: number;
  readonly agreedIds: Set<PersonId>;
};

export type MoveAgreement =
  | { readonly kind: 'over' }
  | { readonly kind: 'waiting'; readonly names: readonly string[] }
  | { readonly kind: 'moved'; readonly to: ChannelRef };

export type MoveRequests = ReturnType<typeof createMoveRequests>;

/** The bot goes once everybody in its channel agrees. */
export function createMoveRequests(
  deps: Deps<'clock' | 'messages' | 'onEvent' | 'panels'>,
  sessions: Pick<VoiceSessions, 'at' | 'findSession' | 'join' | 'moveSession'>,
) {
  const requests = new Map<GuildId, MoveRequest>();

  return {
    /** Asks participants for a move. Returns false if another request was made just now. */
    ask(from: ChannelRef, to: ChannelRef, call: JoinCall): boolean {
      // The text names no other channel, as not all of them may know it.
      const { clock, messages, onEvent } = deps;
      const askedAtMs = clock.nowMs();
      const open = requests.get(from.guildId);
      if (open && askedAtMs - open.askedAtMs < askGapMs) return isSame(open, to, call);
      requests.set(from.guildId, { to, call, askedAtMs, agreedIds: new Set() });
      messages
        .offerButtons(from, { id: 'move.ask' }, [`move:${to.channelId}`], neverAborted)
        .catch((error: unknown) =>
          onEvent(from.guildId, toFailureEvent(error, 'speak')),
        );
      return true;
    },
    /** Notes that a participant agrees. The last one makes the bot go. */
    async agree(
      guildId: GuildId,
      personId: PersonId,
      toChannelId: string,
    ): Promise<MoveAgreement> {
      const here = sessions.findSession(guildId);
      const request = requests.get(guildId);
      const isOpen = request && deps.clock.nowMs() - request.askedAtMs < openMs;
      const isMeant = request?.to.channelId === toChannelId;
      if (!isOpen || !isMeant || !here?.isHere(personId)) return { kind: 'over' };
      request.agreedIds.add(personId);
      // Barred people have no say.
      const people = here
        .getTalkState()
        .people.filter(({ standing }) => standing !== 'barred');
      const missing = people.filter(({ id }) => !request.agreedIds.has(id));
      if (missing.length > 0)
        return { kind: 'waiting', names: missing.map(({ name }) => name) };
      requests.delete(guildId);
      const { call, to } = request;
      await sessions.moveSession(guildId, to.channelId);
      await sessions.join(to, call.callerId, call.mode, call.follows);
      if (sessions.at(guildId)?.channelId !== to.channelId) return { kind: 'over' };
      await deps.panels.postPanel(to, { id: 'moved', with: { channel: to.name } });
      return { kind: 'moved', to };
    },
  };
}

function isSame(open: MoveRequest, to: ChannelRef, { callerId }: JoinCall) {
  return open.to.channelId === to.channelId && open.call.callerId === callerId;
}
