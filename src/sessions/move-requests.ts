import { neverAborted } from '#src/base/bounded-wait.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
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

/** State of a request after a press. `over`: there is no such request. `waiting`: `names` have not agreed yet. */
export type MoveAgreement =
  | { readonly kind: 'over' }
  | { readonly kind: 'waiting'; readonly names: readonly string[] }
  | { readonly kind: 'moved'; readonly to: ChannelRef };

/**
 * Requests to take the bot to another channel. The bot goes once everybody in its channel agrees: call
 * `askParticipants`, and `agree` for each press of the button.
 */
export class MoveRequests {
  readonly #deps;
  readonly #sessions;
  readonly #requests = new Map<GuildId, MoveRequest>();

  constructor(
    deps: Deps<'clock' | 'messages' | 'onEvent' | 'panels'>,
    sessions: Pick<VoiceSessions, 'at' | 'findSession' | 'join' | 'moveSession'>,
  ) {
    this.#deps = deps;
    this.#sessions = sessions;
  }

  /** Asks participants for a move. Returns false if another request was made just now. */
  askParticipants(from: ChannelRef, to: ChannelRef, call: JoinCall): boolean {
    // The text names no other channel, as not all of them may know it.
    const { clock, messages, onEvent } = this.#deps;
    const askedAtMs = clock.nowMs();
    const request = this.#requests.get(from.guildId);
    if (request && askedAtMs - request.askedAtMs < askGapMs)
      return isSameRequest(request, to, call);
    this.#requests.set(from.guildId, { to, call, askedAtMs, agreedIds: new Set() });
    messages
      .offerButtons(from, { id: 'move.ask' }, [`move:${to.channelId}`], neverAborted)
      .catch((error: unknown) => onEvent(from.guildId, toFailureEvent(error, 'speak')));
    return true;
  }

  /** Notes that a participant agrees. The last one makes the bot go. */
  async agree(
    guildId: GuildId,
    personId: PersonId,
    destinationId: ChannelId,
  ): Promise<MoveAgreement> {
    const session = this.#sessions.findSession(guildId);
    const request = this.#findOpenRequest(guildId);
    const isMeant = request?.to.channelId === destinationId;
    if (!request || !isMeant || !session?.isHere(personId)) return { kind: 'over' };
    request.agreedIds.add(personId);
    // Barred people have no say.
    const people = session
      .getTalkState()
      .people.filter(({ standing }) => standing !== 'barred');
    const missing = people.filter(({ id }) => !request.agreedIds.has(id));
    if (missing.length > 0)
      return { kind: 'waiting', names: missing.map(({ name }) => name) };
    this.#requests.delete(guildId);
    return await this.#performMove(guildId, request);
  }

  #findOpenRequest(guildId: GuildId) {
    const request = this.#requests.get(guildId);
    const isOpen = request && this.#deps.clock.nowMs() - request.askedAtMs < openMs;
    return isOpen ? request : undefined;
  }

  async #performMove(
    guildId: GuildId,
    { call, to }: MoveRequest,
  ): Promise<MoveAgreement> {
    const sessions = this.#sessions;
    await sessions.moveSession(guildId, to.channelId);
    await sessions.join(to, call.callerId, call.mode, call.follows);
    if (sessions.at(guildId)?.channelId !== to.channelId) return { kind: 'over' };
    await this.#deps.panels.postPanel(to, { id: 'moved', with: { channel: to.name } });
    return { kind: 'moved', to };
  }
}

function isSameRequest(request: MoveRequest, to: ChannelRef, { callerId }: JoinCall) {
  return request.to.channelId === to.channelId && request.call.callerId === callerId;
}
