import { neverAborted } from '#src/base/bounded-wait.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { toOpenText } from '#src/people/owned.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';
import type { OfferedButtons } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';
import type { JoinCall } from './join-outcomes.ts';
import type { VoiceSession } from './voice-session.ts';
import type { VoiceSessions } from './voice-sessions.ts';

/** Time after which an unanswered request lapses, in minutes. */
export const moveRequestMinutes = 10;
const openMs = moveRequestMinutes * 60_000;
const askGapMs = 60_000;
/** Interval in which requests notice that a person without a press has gone. */
const reviewMs = 5_000;

type MoveRequest = {
  readonly from: ChannelRef;
  readonly to: ChannelRef;
  readonly call: JoinCall;
  readonly askedAtMs: number;
  readonly agreedIds: Set<PersonId>;
  /** Undefined if the question could not be posted. */
  readonly question: Promise<OfferedButtons | undefined>;
  stopReview: () => void;
};

/** State of a request after a press. `over`: there is no such request. `waiting`: `names` have not agreed yet. */
export type MoveAgreement =
  | { readonly kind: 'over' }
  | { readonly kind: 'waiting'; readonly names: readonly string[] }
  | { readonly kind: 'moved'; readonly to: ChannelRef };

/**
 * Requests to take the bot to another channel. The bot goes once everybody in its channel who can hear it agrees: call
 * `askParticipants`, and `agree` for each press of the button. A request lapses after ten minutes, which both sides read.
 */
export class MoveRequests implements Disposable {
  readonly #deps;
  readonly #sessions;
  readonly #requests = new Map<GuildId, MoveRequest>();

  constructor(
    deps: Deps<'clock' | 'messages' | 'onEvent' | 'panels' | 'places'>,
    sessions: Pick<VoiceSessions, 'at' | 'findSession' | 'join' | 'moveSession'>,
  ) {
    this.#deps = deps;
    this.#sessions = sessions;
  }

  /** Asks participants for a move. Returns false if another request was made just now. */
  askParticipants(from: ChannelRef, to: ChannelRef, call: JoinCall): boolean {
    const { guildId } = from;
    const askedAtMs = this.#deps.clock.nowMs();
    const former = this.#requests.get(guildId);
    const isSame = former !== undefined && isSameRequest(former, to, call);
    if (former && askedAtMs - former.askedAtMs < askGapMs) return isSame;
    if (former) this.#endRequest(former, isSame ? undefined : toLapsedLine());
    const request: MoveRequest = {
      from,
      to,
      call,
      askedAtMs,
      agreedIds: new Set(),
      question: this.#postQuestion(from, to),
      stopReview: () => undefined,
    };
    this.#requests.set(guildId, request);
    this.#scheduleReview(request);
    return true;
  }

  /** Notes that a participant agrees. The last one makes the bot go. */
  async agree(
    guildId: GuildId,
    personId: PersonId,
    destinationId: ChannelId,
  ): Promise<MoveAgreement> {
    const session = this.#sessions.findSession(guildId);
    const request = this.#requests.get(guildId);
    const isMeant = request?.to.channelId === destinationId;
    if (!request || !isMeant || !session?.isHere(personId)) return { kind: 'over' };
    request.agreedIds.add(personId);
    const names = listMissingNames(session, request);
    if (names.length > 0) return { kind: 'waiting', names };
    return await this.#performMove(request);
  }

  /** Drops all requests, and stops the timers. */
  [Symbol.dispose](): void {
    for (const { stopReview } of this.#requests.values()) stopReview();
    this.#requests.clear();
  }

  async #postQuestion(from: ChannelRef, to: ChannelRef) {
    const { messages, onEvent } = this.#deps;
    try {
      // The text names no other channel, as not all of them may know it.
      return await messages.offerButtons(
        from,
        { id: 'move.ask' },
        [`move:${to.channelId}`],
        neverAborted,
      );
    } catch (error) {
      onEvent(from.guildId, toFailureEvent(error, 'speak'));
      return undefined;
    }
  }

  #scheduleReview(request: MoveRequest) {
    request.stopReview = this.#deps.clock.later(reviewMs, () => this.#review(request));
  }

  /** Ends an old request, and goes if all people without a press have gone or cannot hear any more. */
  #review(request: MoveRequest) {
    const { guildId, channelId } = request.from;
    const channel = this.#sessions.at(guildId);
    const session = this.#sessions.findSession(guildId);
    if (channel?.channelId !== channelId) {
      const line = channel ? toLapsedLine() : ({ id: 'leave.nowhere' } as const);
      this.#endRequest(request, line);
    } else if (this.#deps.clock.nowMs() - request.askedAtMs >= openMs)
      this.#endRequest(request, toLapsedLine());
    else if (
      session &&
      request.agreedIds.size > 0 &&
      listMissingNames(session, request).length === 0
    )
      void this.#performMove(request);
    else this.#scheduleReview(request);
  }

  /** Forgets a request, ends its question, and tells `callerLine` to the person that made it. */
  #endRequest(request: MoveRequest, callerLine: TextLine | undefined) {
    const { from, question } = request;
    const reportFailure = (error: unknown) =>
      this.#deps.onEvent(from.guildId, toFailureEvent(error, 'speak'));
    this.#dropRequest(request);
    question
      .then((posted) => posted?.replaceBy({ id: 'move.stayed' }, neverAborted))
      .catch(reportFailure);
    if (callerLine) this.#tellCaller(request, callerLine).catch(reportFailure);
  }

  #dropRequest(request: MoveRequest) {
    request.stopReview();
    const { guildId } = request.from;
    if (this.#requests.get(guildId) === request) this.#requests.delete(guildId);
  }

  async #tellCaller({ call, to }: MoveRequest, line: TextLine) {
    const { messages, places } = this.#deps;
    const text = toOpenText(
      formatText(line.id, line.with, places.getLocale(to.guildId)),
    );
    const { callerId } = call;
    await messages
      .notifyPeople(to, [{ personId: callerId, text }], neverAborted)
      .catch(() => messages.tellPerson(callerId, text, neverAborted));
  }

  async #performMove(request: MoveRequest): Promise<MoveAgreement> {
    const { call, to } = request;
    const { guildId } = to;
    const sessions = this.#sessions;
    this.#dropRequest(request);
    await sessions.moveSession(guildId, to.channelId);
    await sessions.join(to, call.callerId, call.mode, call.follows);
    if (sessions.at(guildId)?.channelId !== to.channelId) return { kind: 'over' };
    // Only a bot that joined anew has none yet: the panel goes along with a session.
    await this.#deps.panels.postPanel(to, { id: 'moved', with: { channel: to.name } });
    return { kind: 'moved', to };
  }
}

/** Lists the people whose press is missing. Barred people have no say, and deafened people lose nothing that they hear. */
function listMissingNames(
  session: Pick<VoiceSession, 'getTalkState' | 'voiceChannel'>,
  { agreedIds }: MoveRequest,
) {
  return session
    .getTalkState()
    .people.filter(
      ({ id, standing }) =>
        standing !== 'barred' &&
        !agreedIds.has(id) &&
        session.voiceChannel.findPerson(id)?.isDeaf !== true,
    )
    .map(({ name }) => name);
}

function toLapsedLine(): TextLine {
  return { id: 'move.lapsed', with: { n: moveRequestMinutes } };
}

function isSameRequest(request: MoveRequest, to: ChannelRef, { callerId }: JoinCall) {
  return request.to.channelId === to.channelId && request.call.callerId === callerId;
}
