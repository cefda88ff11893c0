import { GuildTaskQueue } from '#src/base/loops/guild-task-queue.ts';
import { ifInTime } from '#src/base/waiting.ts';
import type { SessionAnswers } from '#src/conversation/hearing/session-consent.ts';
import type { Session } from '#src/conversation/session.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { GuildNoticeQueue } from '#src/notices/guild-notice-queue.ts';
import { mayOpen } from '#src/people/audience.ts';
import { openText } from '#src/people/confidential-text.ts';
import { type Consent, consentOf, toHearingFacts } from '#src/people/consent.ts';
import type { JoinMode, JoinOutcome, LeaveOutcome } from '#src/ports/command-ports.ts';
import { failureEventOf, unfailing } from '#src/ports/failure-event.ts';
import { leftPanel } from '#src/ports/panel.ts';
import {
  type MissingRight,
  missingRight,
  type SeatChange,
} from '#src/ports/seat-changes-by-others.ts';
import type { Seat } from '#src/ports/stores/seat-store.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import { type GuildChoices, GuildConsents } from '#src/settings/guild-consents.ts';
import { StoredSettings } from '#src/settings/stored-settings.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { EndedConversations } from './ended-conversations.ts';
import { GuildRemoval } from './guild-removal.ts';
import { mayBeIn } from './join-obstacles.ts';
import {
  farewellLine,
  followedAfter,
  type JoinCall,
  joinFailure,
  restsAfter,
} from './joins-and-leaves.ts';
import { MoveRequests } from './move-requests.ts';
import { SeatPersistence } from './seat-persistence.ts';
import type { SessionSources } from './session-sources.ts';
import type { ShardFeatures } from './shard-features.ts';
import { exchangesOf, VoiceSession, type VoiceSessionOptions } from './voice-session.ts';

/** A session of a server, and when it has come to its end. */
type SessionPlace = { readonly session: VoiceSession; life: Promise<void> };

/** Past of a session that begins: the session that it goes on from, or its seat of a former run. */
type SessionStart = Pick<VoiceSessionOptions, 'former' | 'seat'> & {
  readonly isOnce?: boolean;
};

/** Longest wait, in ms, for the end of a session that was sent away. */
const longestLeaveMs = 5_000;

/** Where the bot sits, one channel per server; calls for one server are served one after the other. */
export class VoiceSessions implements AsyncDisposable {
  /** Settings of each server. */
  readonly settings: StoredSettings;
  /** What the people of each server said about being heard. */
  readonly consents: GuildConsents;
  /** Calls of people in other channels, while the bot sits with somebody. */
  readonly moveRequests: MoveRequests;
  /** Stores a no that a person said, and lets them know. Set once by its owner; never throws. */
  denyAloud: (personId: PersonId, session: Session) => void = () => undefined;
  readonly #parts: SessionDependencies;
  readonly #sources;
  readonly #notices;
  readonly #removal;
  readonly #sessions = new Map<string, SessionPlace>();
  /** Sessions that are about to go on in another channel, until the turn of their server has come. */
  readonly #moves = new Map<string, { readonly former: VoiceSession; channelId: ChannelId }>();
  readonly #seats;
  readonly #queue = new GuildTaskQueue();
  readonly #ended;
  #closed = false;

  constructor(parts: SessionDependencies, sources: SessionSources) {
    this.#sources = sources;
    this.#parts = { ...parts, onEvent: unfailing(parts.onEvent) };
    this.#ended = new EndedConversations(parts.clock);
    this.#notices = new GuildNoticeQueue(this.#parts);
    this.moveRequests = new MoveRequests(this.#parts, this);
    this.#seats = new SeatPersistence(this.#parts, sources.seatStore);
    this.settings = new StoredSettings(this.#parts, sources);
    this.consents = new GuildConsents(this.#parts, sources.leftOutPeople, (guildId, personId) =>
      this.#consentChanged(guildId, personId),
    );
    this.#removal = new GuildRemoval(this.#parts, sources, this.settings);
  }

  get features(): ShardFeatures {
    return this.#sources.features;
  }

  #here(guildId: GuildId) {
    return this.#sessions.get(guildId)?.session;
  }

  /** Channel in which the bot sits in this server now. */
  at(guildId: GuildId): ChannelRef | undefined {
    return this.#here(guildId)?.channel;
  }

  /**
   * Where people can be heard and spoken to in this server now, or will be again when a lost link is back. The caller may
   * change something there, so the session is woken.
   */
  session(guildId: GuildId): VoiceSession | undefined {
    const session = this.#sessions.get(guildId)?.session;
    session?.wakeup.wake();
    return session?.entered ? session : undefined;
  }

  /**
   * Wherever people of this server are heard now or soon may be: also on the way in, between tries and in a move. Wakes
   * them, as `session` does.
   */
  sessions(guildId: GuildId): readonly VoiceSession[] {
    const sessions = this.readSessions(guildId);
    for (const { wakeup } of sessions) wakeup.wake();
    return sessions;
  }

  /** Same as `sessions`, for a caller that changes nothing there, as a check of each session does: wakes none. */
  readSessions(guildId: GuildId): readonly VoiceSession[] {
    const [here, former] = [this.#here(guildId), this.#moves.get(guildId)?.former];
    return [...new Set([former, here])].filter((session) => session !== undefined);
  }

  /** What people of the server said, read anew where the bot does not sit. Never throws. */
  async readConsents(guildId: GuildId): Promise<GuildChoices> {
    const choices = this.consents.in(guildId);
    if (this.readSessions(guildId).length === 0) choices.reset();
    await choices.recall();
    return choices;
  }

  /** Consent of a person in a voice channel, as far as it is read; `answers`: those of a session there. */
  consentOf(
    guildId: GuildId,
    person: Pick<ChannelMember, 'id' | 'roleIds'>,
    answers?: SessionAnswers,
  ): Consent {
    const { policy, roleId = '' } = this.settings.consentNow(guildId);
    const { agreedIds: callers = [] } = answers ?? {};
    const session = { callers, isPaused: false, isRead: this.settings.isRead(guildId) };
    const consent = this.consents.in(guildId).under(policy, session);
    return consentOf(toHearingFacts(consent, person.id, person.roleIds.includes(roleId)));
  }

  /** Wherever the bot sits now. */
  all(): readonly VoiceSession[] {
    return [...this.#sessions.values()].map(({ session }) => session);
  }

  /** `follows`: whether the bot follows the caller to other channels from now on; left out: as before. */
  async join(
    channel: ChannelRef,
    callerId: PersonId,
    mode?: JoinMode,
    follows?: boolean,
  ): Promise<JoinOutcome> {
    const call = { callerId, mode, follows, isCalled: true };
    return await this.#queue.run(channel.guildId, () => this.#join(channel, call));
  }

  /** Pauses or resumes hearing in this server, from the next packet on. False: it sits nowhere there. */
  pauseHearing(guildId: GuildId, isPaused: boolean): boolean {
    const sessions = this.sessions(guildId);
    for (const { consent } of sessions) consent.paused = isPaused;
    return sessions.length > 0;
  }

  /** Whether this person may open a voice channel now, and so know what was said there. */
  async mayOpen(guildId: GuildId, channelId: ChannelId, personId: PersonId): Promise<boolean> {
    return (await mayOpen(guildId, channelId, personId, this.#parts)) === 'yes';
  }

  /** No conversation that ended in this server goes on. */
  beginAnew(guildId: GuildId): void {
    this.#ended.forget(guildId);
  }

  /**
   * Goes on where a former run sat, as `prepare` finds it in this server's turn; undefined where that finds nothing, or the
   * bot sits somewhere already. `isOnce`: what fails is not tried again.
   */
  async returnTo(
    guildId: GuildId,
    prepare: () => Promise<{ readonly seat: Seat; readonly channel: ChannelRef } | undefined>,
    isOnce = false,
  ): Promise<JoinOutcome | undefined> {
    const enter = async (): Promise<JoinOutcome | undefined> => {
      if (this.#closed || this.#sessions.has(guildId)) return undefined;
      this.#seats.expireLater();
      const found = await prepare();
      if (this.#closed || !found) return undefined;
      const { channel, seat } = found;
      return await this.#enter(channel, { callerId: seat.callerId ?? '' }, { seat, isOnce });
    };
    return await this.#queue.run(guildId, enter);
  }

  /**
   * Joins a channel without a call, if the bot sits with no person when this server's turn has come; undefined where it stays.
   */
  async enterUncalled(channel: ChannelRef): Promise<JoinOutcome | undefined> {
    const { guildId } = channel;
    const enter = async (): Promise<JoinOutcome | undefined> => {
      const here = this.#here(guildId);
      if (this.#closed || (here && here.company > 0)) return undefined;
      await this.#leave(guildId);
      if (this.#closed) return undefined;
      const { autoJoinMode: mode } = this.settings.in(guildId);
      return await this.#enter(channel, { callerId: '', mode });
    };
    return await this.#queue.run(guildId, enter);
  }

  /** The bot is not to return there. */
  forgetSeat(guildId: GuildId): void {
    if (!this.#sessions.has(guildId)) this.#seats.drop(guildId);
  }

  /** Resolves when the store holds what people there have said, or has failed to. */
  seatSettled(guildId: GuildId): Promise<void> {
    return this.#seats.settled(guildId);
  }

  /** It is silent and deaf at once. Resolves when the session has ended, soon in any case: what that waits for may hang. */
  async leave(guildId: GuildId): Promise<LeaveOutcome> {
    this.forgetSeat(guildId);
    this.#moves.delete(guildId);
    const leave = () => {
      const session = this.#here(guildId);
      session?.leave('asked');
      if (session) this.#rest(session.channel);
      return session;
    };
    const session = leave();
    const leaving = this.#queue.run(guildId, () => {
      leave();
      return this.#leave(guildId);
    });
    await ifInTime(leaving, longestLeaveMs, this.#parts.clock, new AbortController().signal);
    if (!session) return { kind: 'nowhere' };
    const { channel, endNews, stayedMs } = session;
    const { hasTranscript = false } = endNews;
    return { kind: 'left', channel: channel.name, stayedMs, hasTranscript };
  }

  /** Handles a change of the bot's seat in this server by another person. */
  news(guildId: GuildId, event: SeatChange): void {
    const session = this.#sessions.get(guildId)?.session;
    session?.wakeup.wake();
    switch (event.kind) {
      case 'muted':
      case 'deafened':
      case 'suppressed':
        session?.restrict(event.kind, event.on);
        return;
      case 'moved':
        this.#movedByHand(session, event.channelId);
        void this.move(guildId, event.channelId);
        return;
      case 'no-view':
      case 'no-connect':
        this.#barred(event.channelId, event.kind, session);
        return;
      case 'guild-removed':
        this.#guildRemoved(guildId);
        return;
    }
  }

  /**
   * The session of this server goes on in that channel, once its link has ended and if it may be there; the newest channel counts.
   * Resolves when it has come or cannot. Never throws.
   */
  async move(guildId: GuildId, channelId: ChannelId): Promise<void> {
    const move = this.#moves.get(guildId);
    if (move) {
      move.channelId = channelId;
      return;
    }
    const former = this.#here(guildId);
    if (!former || former.isOver || former.channel.channelId === channelId) return;
    this.#moves.set(guildId, { former, channelId });
    former.speech.mix.isPassedOn = true;
    former.leave('moved');
    await this.#queue
      .run(guildId, () => this.#moveAlong(former))
      .catch((error) => this.#parts.onEvent(guildId, failureEventOf(error, 'link')));
  }

  /**
   * Before the process ends: no calls and no questions any more; what sounds ends with its clause, within `ms`. Never throws.
   */
  async drain(ms: number): Promise<void> {
    this.#closed = true;
    await Promise.all(this.all().map((session) => session.drain(ms)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#notices[Symbol.dispose]();
    this.consents[Symbol.dispose]();
    this.#removal[Symbol.dispose]();
    const lives = [...this.#sessions.values()];
    for (const { session } of lives) session.leave('stopped');
    await Promise.all(lives.map(({ life }) => life));
    this.#ended[Symbol.dispose]();
    await this.#seats[Symbol.asyncDispose]();
  }

  async #join(channel: ChannelRef, call: JoinCall): Promise<JoinOutcome> {
    if (this.#closed) return { kind: 'stopping' };
    const { guildId } = channel;
    const here = this.#here(guildId);
    const isSame = here?.channel.channelId === channel.channelId;
    if (here?.entered && here.isLinked && isSame) return await this.#joinAgain(here, call);
    if (here?.isLinked && here.company > 0) {
      const isAsked = this.moveRequests.ask(here.channel, channel, call);
      return { kind: 'busy', other: here.channel, isAsked };
    }
    if (isSame && here) here.speech.mix.isPassedOn = true;
    await this.#leave(guildId, isSame ? 'moved' : 'asked');
    if (this.#closed) return { kind: 'stopping' };
    const joining = await this.#enter(channel, call, isSame ? { former: here } : {});
    this.forgetSeat(guildId);
    return joining;
  }

  /** Whether the bot follows this person to other channels from now on; false: it sits nowhere there. */
  follow(guildId: GuildId, personId: PersonId, follows: boolean): boolean {
    const here = this.session(guildId);
    if (!here) return false;
    here.followedId = followedAfter({ callerId: personId, follows }, here.followedId);
    this.#seats.note(here);
    return true;
  }

  /** A call to where the bot sits already may still be a yes, and change what it does there. */
  async #joinAgain(here: VoiceSession, call: JoinCall): Promise<JoinOutcome> {
    here.consent.agree(call.callerId);
    if (call.mode) here.mode = call.mode;
    here.followedId = followedAfter(call, here.followedId);
    this.#seats.note(here);
    await here.recall();
    return here.outcome('already', call.callerId);
  }

  #sessionFor(
    channel: ChannelRef,
    { callerId, follows, mode }: JoinCall,
    { former, seat }: SessionStart,
  ): VoiceSession {
    const { guildId } = channel;
    if (this.readSessions(guildId).length === 0) this.consents.in(guildId).reset();
    return new VoiceSession({
      channel,
      callerId,
      deps: this.#parts,
      sources: this.#sources,
      notices: this.#notices,
      seats: this.#seats,
      settings: this.settings,
      sessions: this,
      followedId: followedAfter({ callerId, follows }, former?.followedId),
      mode,
      former,
      seat,
      ended: seat ? undefined : this.#ended.in(channel),
    });
  }

  /** Joins a channel in the turn of its server. `isOnce`: what fails is not tried again. */
  async #enter(
    channel: ChannelRef,
    call: JoinCall,
    start: SessionStart = {},
  ): Promise<JoinOutcome> {
    const { guildId } = channel;
    const session = this.#sessionFor(channel, call, start);
    if (call.isCalled) session.consent.agree(call.callerId);
    const place = { session, life: Promise.resolve() };
    this.#sessions.set(guildId, place);
    const joining = await this.#attempt(session);
    if (joining.kind === 'joined' || ('nextTryMs' in joining && !start.isOnce))
      place.life = this.#whileHere(session);
    else {
      this.#sessions.delete(guildId);
      session.leave('lost');
      session.speech.mix.tracks.close();
    }
    return joining;
  }

  async #attempt(session: VoiceSession): Promise<JoinOutcome> {
    try {
      await session.enter();
      return session.outcome('joined', session.callerId);
    } catch (error) {
      if (session.isOver) return { kind: this.#closed ? 'stopping' : 'left' };
      const { linkOpener } = this.#sources;
      return joinFailure(error, session.after(error), linkOpener.restMs(session.channel.guildId));
    }
  }

  async #whileHere(session: VoiceSession) {
    const why = await session.live();
    this.#seats.ended(session, why);
    const { guildId } = session.channel;
    if (this.#sessions.get(guildId)?.session === session) this.#sessions.delete(guildId);
    const { consent, loop } = session;
    this.#ended.keep(session.channel, loop.state.history, consent.answers);
    if (restsAfter.has(why)) this.#rest(session.channel);
    const line = farewellLine(why);
    if (line) this.#farewell(session.channel, line);
  }

  /** A no ends all that was said and goes on; without a person: what is stored there was read. */
  #consentChanged(guildId: GuildId, personId: PersonId | undefined) {
    const sessions = this.sessions(guildId);
    if (personId === undefined) for (const { consent } of sessions) consent.rejudge();
    else for (const session of sessions) session.said(personId);
    if (personId !== undefined && this.consents.in(guildId).saidNo(personId))
      this.#ended.forgetPerson(guildId, personId);
  }

  /** It does not come there by itself before the channel was empty. */
  #rest({ guildId, channelId }: ChannelRef) {
    void this.settings.rest(guildId, channelId);
  }

  /** `why`: `moved` where it goes on in the same channel. */
  async #leave(guildId: GuildId, why: 'asked' | 'moved' = 'asked'): Promise<void> {
    const place = this.#sessions.get(guildId);
    place?.session.leave(why);
    await place?.life;
  }

  async #moveAlong(former: VoiceSession) {
    const { guildId } = former.channel;
    const place = this.#sessions.get(guildId);
    const isReplaced = place && place.session !== former;
    if (!isReplaced) await place?.life;
    const move = this.#moves.get(guildId);
    this.#moves.delete(guildId);
    if (isReplaced) return;
    const channel = move && this.#parts.places.channel(guildId, move.channelId);
    if (this.#closed || !channel || !mayBeIn(channel, this.#parts)) {
      former.speech.mix.tracks.close();
      former.showFace(leftPanel());
      this.forgetSeat(guildId);
      return;
    }
    const { kind } = await this.#enter(channel, { callerId: former.callerId }, { former });
    const session = this.#here(guildId);
    if (session) this.#reportMove(former, session);
    else if (!this.#moves.has(guildId)) former.showFace(leftPanel());
    this.forgetSeat(guildId);
    // Who was sent away or moved on meanwhile was not refused.
    if (!session && kind !== 'left') this.#farewell(former.channel, { id: 'gave_up' });
  }

  /** Writes into the former channel where the bot sits now, and into the new one if the conversation begins anew. */
  #reportMove(former: VoiceSession, session: VoiceSession) {
    const { channel: from } = former;
    const { channel, notices } = session;
    if (from.channelId === channel.channelId) return;
    const line = { id: 'moved', with: { channel: channel.name } } as const;
    this.#notices.report({ channel: from, line, holds: () => !session.isOver });
    if (exchangesOf(former) === 0 || exchangesOf(session) > 0) return;
    notices.write(openText(notices.writtenText({ id: 'seat.returned.anew' })));
  }

  /** A person who moves the bot does not want it to return by itself. */
  #movedByHand(session: VoiceSession | undefined, channelId: ChannelId) {
    if (!session || session.isOver || session.channel.channelId === channelId) return;
    session.followedId = undefined;
    this.#rest(session.channel);
  }

  /** Discord lets the bot stay where it may not be any more; it does not. */
  #barred(channelId: ChannelId, kind: MissingRight, session: VoiceSession | undefined) {
    if (session?.channel.channelId !== channelId || session.isOver) return;
    session.leave('forbidden');
    this.#farewell(session.channel, missingRight(kind, session.channel), session);
  }

  /** The last word of a session; not said any more where the bot has been called again. */
  #farewell(channel: ChannelRef, line: TextLine, over?: VoiceSession) {
    const holds = () => [undefined, over].includes(this.#here(channel.guildId));
    this.#notices.report({ channel, line, holds });
  }

  /** Nothing of the server is kept once the session there has ended. */
  #guildRemoved(guildId: GuildId) {
    this.#moves.delete(guildId);
    this.#here(guildId)?.leave('removed');
    const erase = async () => {
      await this.#sessions.get(guildId)?.life;
      this.beginAnew(guildId);
      this.consents.forgetServer(guildId);
      await this.#removal.erase(guildId);
    };
    this.#queue
      .run(guildId, erase)
      .catch((error) => this.#parts.onEvent(guildId, failureEventOf(error, 'store')));
  }
}
