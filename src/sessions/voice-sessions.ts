import { neverAborted, waitAtMost } from '#src/base/bounded-wait.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import { createGuildTaskQueue } from '#src/base/loops/guild-task-queue.ts';
import type { Owners, Session } from '#src/conversation/session.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { GuildNoticeQueue } from '#src/notices/guild-notice-queue.ts';
import { mayOpen } from '#src/people/audience.ts';
import { toOpenText } from '#src/people/confidential-text.ts';
import type { JoinMode, JoinOutcome, LeaveOutcome } from '#src/ports/command-ports.ts';
import { toFailureEvent, toSafeListener } from '#src/ports/failure-event.ts';
import { toLeftPanel } from '#src/ports/panel.ts';
import type { Seat } from '#src/ports/stores.ts';
import {
  type ChannelRef,
  type MissingRight,
  type SeatChange,
  toMissingRightLine,
} from '#src/ports/voice-link.ts';
import { openGuildConsents } from '#src/settings/guild-consents.ts';
import { StoredSettings } from '#src/settings/stored-settings.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { createEndedConversations } from './ended-conversations.ts';
import { createGuildRemoval } from './guild-removal.ts';
import { canEnter } from './join-obstacles.ts';
import {
  getFarewellLine,
  getFollowedPerson,
  type JoinCall,
  restingReasons,
} from './join-outcomes.ts';
import { createMoveRequests } from './move-requests.ts';
import { createSeatPersistence } from './seat-persistence.ts';
import type { SessionSources } from './session-sources.ts';
import {
  countExchanges,
  VoiceSession,
  type VoiceSessionOptions,
} from './voice-session.ts';

type SeatedSession = Pick<VoiceSession, 'channel' | 'followedId' | 'isOver' | 'leave'>;

type SessionStart = Pick<VoiceSessionOptions, 'former' | 'seat'> & {
  readonly isOnce?: boolean;
};

/** Sessions with the settings and consents of their servers, for features that begin and end none. */
export type ServerSessions = Pick<
  VoiceSessions,
  'consents' | 'findSession' | 'listAll' | 'listSessions' | 'settings'
>;

const maxLeaveMs = 5_000;

/**
 * Sessions of the bot, one in each server. Calls for one server are served one after the other.
 *
 * @example
 * import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
 *
 * declare const sessions: VoiceSessions;
 * const lounge = { guildId: '1', channelId: '2', name: 'Lounge' };
 * const outcome = await sessions.join(lounge, '3');
 * if (outcome.kind === 'joined') sessions.findSession('1')?.loop.post({ kind: 'stop' });
 * await sessions.leave('1');
 */
export class VoiceSessions implements AsyncDisposable {
  readonly settings;
  readonly consents;
  readonly moveRequests;
  /** Applies a spoken no. The owner sets it once. Never throws. */
  denyAloud: (personId: PersonId, session: Session) => void = () => undefined;
  readonly #deps;
  readonly #sources;
  readonly #notices;
  readonly #removal;
  readonly #listSessions = new Map<
    string,
    { readonly session: VoiceSession; ended: Promise<void> }
  >();
  /** Sessions that move once the turn of their server comes. */
  readonly #moves = new Map<
    string,
    { readonly former: VoiceSession; channelId: ChannelId }
  >();
  readonly #seats;
  readonly #queue = createGuildTaskQueue();
  readonly #ended;
  #isClosed = false;

  constructor(deps: SessionDependencies, sources: SessionSources) {
    this.#sources = sources;
    this.#deps = { ...deps, onEvent: toSafeListener(deps.onEvent) };
    this.#ended = createEndedConversations(deps.clock);
    this.#notices = new GuildNoticeQueue(this.#deps);
    this.moveRequests = createMoveRequests(this.#deps, this);
    this.#seats = createSeatPersistence(this.#deps, sources.seatStore);
    this.settings = new StoredSettings(this.#deps, sources);
    this.consents = openGuildConsents(
      this.#deps,
      sources.leftOutPeople,
      this.settings,
      (guildId) => this.peekSessions(guildId).length > 0,
      (...changed) => this.#onConsentChanged(...changed),
    );
    this.#removal = createGuildRemoval(this.#deps, sources, this.settings);
  }

  #findHere(guildId: GuildId) {
    return this.#listSessions.get(guildId)?.session;
  }

  at(guildId: GuildId): ChannelRef | undefined {
    return this.#findHere(guildId)?.channel;
  }

  /** Undefined while it is still joining. */
  findSession(guildId: GuildId): VoiceSession | undefined {
    // The caller may change something there, so the session is woken.
    const session = this.#findHere(guildId);
    session?.wakeup.wake();
    return session?.hasEntered ? session : undefined;
  }

  /** Lists all sessions, also during a join, a retry or a move, and wakes them. */
  listSessions(guildId: GuildId): readonly VoiceSession[] {
    const sessions = this.peekSessions(guildId);
    for (const { wakeup } of sessions) wakeup.wake();
    return sessions;
  }

  /** Lists the sessions for a caller that changes nothing, and wakes none. */
  peekSessions(guildId: GuildId): readonly VoiceSession[] {
    const [here, former] = [this.#findHere(guildId), this.#moves.get(guildId)?.former];
    return [...new Set([former, here])].filter((session) => session !== undefined);
  }

  listAll(): readonly VoiceSession[] {
    return [...this.#listSessions.values()].map(({ session }) => session);
  }

  /** Joins a channel. `follows`: whether to follow the caller. Default: as before. */
  async join(
    channel: ChannelRef,
    callerId: PersonId,
    mode?: JoinMode,
    follows?: boolean,
  ): Promise<JoinOutcome> {
    const call = { callerId, mode, follows, isCalled: true };
    return await this.#queue.run(channel.guildId, () =>
      this.#joinInTurn(channel, call),
    );
  }

  /** Pauses or resumes hearing. Returns false if the bot sits nowhere. */
  pauseHearing(guildId: GuildId, isPaused: boolean): boolean {
    const sessions = this.listSessions(guildId);
    for (const { consent } of sessions) consent.isPaused = isPaused;
    return sessions.length > 0;
  }

  async canOpen(
    guildId: GuildId,
    channelId: ChannelId,
    personId: PersonId,
  ): Promise<boolean> {
    return (await mayOpen(guildId, channelId, personId, this.#deps)) === 'yes';
  }

  forgetEndedConversation(guildId: GuildId) {
    this.#ended.forgetServer(guildId);
  }

  /** Joins the channel that `prepare` finds, unless the bot sits somewhere. `isOnce`: a failure is final. */
  async returnToSeat(
    guildId: GuildId,
    prepare: () => Promise<
      { readonly seat: Seat; readonly channel: ChannelRef } | undefined
    >,
    isOnce = false,
  ): Promise<JoinOutcome | undefined> {
    const enter = async () => {
      if (this.#isClosed || this.#listSessions.has(guildId)) return undefined;
      this.#seats.scheduleExpiry();
      const found = await prepare();
      if (this.#isClosed || !found) return undefined;
      const { channel, seat } = found;
      return await this.#enterChannel(
        channel,
        { callerId: seat.callerId ?? '' },
        { seat, isOnce },
      );
    };
    return await this.#queue.run(guildId, enter);
  }

  /** Undefined if the bot stays with people. */
  async enterUncalled(channel: ChannelRef): Promise<JoinOutcome | undefined> {
    const { guildId } = channel;
    const enter = async () => {
      const here = this.#findHere(guildId);
      if (this.#isClosed || (here && here.companySize > 0)) return undefined;
      await this.#leaveInTurn(guildId);
      if (this.#isClosed) return undefined;
      const { autoJoinMode: mode } = this.settings.getForGuild(guildId);
      return await this.#enterChannel(channel, { callerId: '', mode });
    };
    return await this.#queue.run(guildId, enter);
  }

  forgetSeat(guildId: GuildId) {
    if (!this.#listSessions.has(guildId)) this.#seats.dropSeat(guildId);
  }

  waitForSeat(guildId: GuildId) {
    return this.#seats.waitUntilSettled(guildId);
  }

  async leave(guildId: GuildId): Promise<LeaveOutcome> {
    // The end of the session may hang, so it is not awaited for long.
    this.forgetSeat(guildId);
    this.#moves.delete(guildId);
    const leave = () => {
      const session = this.#findHere(guildId);
      session?.leave('asked');
      if (session) this.#restChannel(session.channel);
      return session;
    };
    const session = leave();
    const leaving = this.#queue.run(guildId, () => {
      leave();
      return this.#leaveInTurn(guildId);
    });
    await waitAtMost(leaving, maxLeaveMs, this.#deps.clock, neverAborted);
    if (!session) return { kind: 'nowhere' };
    const { hasTranscript = false } = session.endNews;
    return {
      kind: 'left',
      channel: session.channel.name,
      stayedMs: session.stayedMs,
      hasTranscript,
    };
  }

  onSeatChange(guildId: GuildId, event: SeatChange) {
    const session = this.#findHere(guildId);
    session?.wakeup.wake();
    switch (event.kind) {
      case 'muted':
      case 'deafened':
      case 'suppressed':
        session?.applyRestriction(event.kind, event.isOn);
        return;
      case 'moved':
        this.#onMovedByHand(session, event.channelId);
        void this.moveSession(guildId, event.channelId);
        return;
      case 'no-view':
      case 'no-connect':
        this.#onRightLost(event.channelId, event.kind, session);
        return;
      case 'guild-removed':
        this.#onGuildRemoved(guildId);
        return;
    }
  }

  /** Moves a session. The newest channel counts. Never throws. */
  async moveSession(guildId: GuildId, channelId: ChannelId) {
    const move = this.#moves.get(guildId);
    if (move) {
      move.channelId = channelId;
      return;
    }
    const former = this.#findHere(guildId);
    if (!former || former.isOver || former.channel.channelId === channelId) return;
    this.#moves.set(guildId, { former, channelId });
    former.speech.mix.isPassedOn = true;
    former.leave('moved');
    await this.#queue
      .run(guildId, () => this.#moveInTurn(former))
      .catch((error) => this.#deps.onEvent(guildId, toFailureEvent(error, 'link')));
  }

  /** Refuses calls and questions, and ends all sessions within `ms`. Never throws. */
  async drainAll(ms: number) {
    this.#isClosed = true;
    await Promise.all(this.listAll().map((session) => session.drain(ms)));
  }

  async [Symbol.asyncDispose]() {
    this.#isClosed = true;
    this.#notices[Symbol.dispose]();
    this.consents[Symbol.dispose]();
    this.#removal[Symbol.dispose]();
    const lives = [...this.#listSessions.values()];
    for (const { session } of lives) session.leave('stopped');
    await Promise.all(lives.map(({ ended }) => ended));
    this.#ended[Symbol.dispose]();
    await this.#seats[Symbol.asyncDispose]();
  }

  async #joinInTurn(channel: ChannelRef, call: JoinCall): Promise<JoinOutcome> {
    if (this.#isClosed) return { kind: 'stopping' };
    const { guildId } = channel;
    const here = this.#findHere(guildId);
    const isSame = here?.channel.channelId === channel.channelId;
    if (here?.hasEntered && here.isLinked && isSame) return await here.joinAgain(call);
    if (here?.isLinked && here.companySize > 0) {
      const isAsked = this.moveRequests.ask(here.channel, channel, call);
      return { kind: 'busy', other: here.channel, isAsked };
    }
    if (isSame && here) here.speech.mix.isPassedOn = true;
    await this.#leaveInTurn(guildId, isSame ? 'moved' : 'asked');
    if (this.#isClosed) return { kind: 'stopping' };
    const joining = await this.#enterChannel(
      channel,
      call,
      isSame ? { former: here } : {},
    );
    this.forgetSeat(guildId);
    return joining;
  }

  followPerson(guildId: GuildId, personId: PersonId, follows: boolean): boolean {
    const here = this.findSession(guildId);
    if (!here) return false;
    here.follow({ callerId: personId, follows });
    return true;
  }

  #createSession(
    channel: ChannelRef,
    { callerId, follows, mode }: JoinCall,
    { former, seat }: SessionStart,
  ) {
    this.consents.renewChoices(channel.guildId);
    return new VoiceSession({
      channel,
      callerId,
      deps: this.#deps,
      sources: this.#sources,
      notices: this.#notices,
      seats: this.#seats,
      settings: this.settings,
      sessions: this,
      followedId: getFollowedPerson({ callerId, follows }, former?.followedId),
      mode,
      former,
      seat,
      endedConversation: seat ? undefined : this.#ended.find(channel),
    });
  }

  async #enterChannel(channel: ChannelRef, call: JoinCall, start: SessionStart = {}) {
    const { guildId } = channel;
    const session = this.#createSession(channel, call, start);
    if (call.isCalled) session.consent.addCaller(call.callerId);
    const place = { session, ended: Promise.resolve() };
    this.#listSessions.set(guildId, place);
    const entered = await session.enter();
    const isStopping = entered.kind === 'left' && this.#isClosed;
    const joining = isStopping ? { kind: 'stopping' as const } : entered;
    if (joining.kind === 'joined' || ('nextTryMs' in joining && !start.isOnce))
      place.ended = this.#runSession(session);
    else {
      this.#listSessions.delete(guildId);
      session.leave('lost');
      session.speech.mix.tracks.close();
    }
    return joining;
  }

  async #runSession(
    session: Pick<
      VoiceSession,
      'channel' | 'consent' | 'getSeat' | 'isLinked' | 'loop' | 'runUntilEnd'
    >,
  ) {
    const why = await session.runUntilEnd();
    this.#seats.onSessionEnded(session, why);
    const { guildId } = session.channel;
    if (this.#findHere(guildId) === session) this.#listSessions.delete(guildId);
    this.#ended.keepConversation(
      session.channel,
      session.loop.state.history,
      session.consent.answers,
    );
    if (restingReasons.has(why)) this.#restChannel(session.channel);
    const line = getFarewellLine(why);
    if (line) this.#postFarewell(session.channel, line);
  }

  #onConsentChanged(guildId: GuildId, personId: PersonId | undefined) {
    const sessions = this.listSessions(guildId);
    if (personId === undefined) {
      for (const { consent } of sessions) consent.syncConversation();
      return;
    }
    for (const session of sessions) session.applyConsent(personId);
    if (this.consents.getChoices(guildId).hasRefused(personId))
      this.#ended.forgetPerson(guildId, personId);
  }

  #restChannel({ guildId, channelId }: ChannelRef) {
    void this.settings.restChannel(guildId, channelId);
  }

  /** Ends a session and waits for that. `moved`: another follows in the same channel. */
  async #leaveInTurn(guildId: GuildId, why: 'asked' | 'moved' = 'asked') {
    const place = this.#listSessions.get(guildId);
    place?.session.leave(why);
    await place?.ended;
  }

  async #moveInTurn(former: VoiceSession) {
    const { guildId } = former.channel;
    const place = this.#listSessions.get(guildId);
    const isReplaced = place && place.session !== former;
    if (!isReplaced) await place?.ended;
    const move = this.#moves.get(guildId);
    this.#moves.delete(guildId);
    if (isReplaced) return;
    const channel = move && this.#deps.places.findChannel(guildId, move.channelId);
    if (this.#isClosed || !channel || !canEnter(channel, this.#deps)) {
      former.speech.mix.tracks.close();
      former.showPanel(toLeftPanel());
      this.forgetSeat(guildId);
      return;
    }
    const { kind } = await this.#enterChannel(
      channel,
      { callerId: former.callerId },
      { former },
    );
    const session = this.#findHere(guildId);
    if (session) this.#reportMove(former, session);
    else if (!this.#moves.has(guildId)) former.showPanel(toLeftPanel());
    this.forgetSeat(guildId);
    // If the bot was sent away or moved on meanwhile, it was not refused.
    if (!session && kind !== 'left')
      this.#postFarewell(former.channel, { id: 'gave_up' });
  }

  #reportMove(
    former: Owners<'loop' | 'place'>,
    session: Pick<VoiceSession, 'isOver' | 'loop' | 'notices' | 'place'>,
  ) {
    const { channel: from } = former.place;
    const { notices, place } = session;
    const { channel } = place;
    if (from.channelId === channel.channelId) return;
    const line = { id: 'moved', with: { channel: channel.name } } as const;
    this.#notices.enqueue({ channel: from, line, isStillTrue: () => !session.isOver });
    if (countExchanges(former) === 0 || countExchanges(session) > 0) return;
    notices.writeWords(
      toOpenText(notices.formatWrittenText({ id: 'seat.returned.anew' })),
    );
  }

  #onMovedByHand(session: SeatedSession | undefined, channelId: ChannelId) {
    // Somebody moved the bot, so it is not wanted back by itself.
    if (!session || session.isOver || session.channel.channelId === channelId) return;
    session.followedId = undefined;
    this.#restChannel(session.channel);
  }

  #onRightLost(
    channelId: ChannelId,
    kind: MissingRight,
    session: SeatedSession | undefined,
  ) {
    // Discord lets the bot stay where it may not be any more.
    if (session?.channel.channelId !== channelId || session.isOver) return;
    session.leave('forbidden');
    this.#postFarewell(
      session.channel,
      toMissingRightLine(kind, session.channel),
      session,
    );
  }

  /** Posts the last line of a session, unless the bot is called again. */
  #postFarewell(channel: ChannelRef, line: TextLine, over?: unknown) {
    const isStillTrue = () =>
      [undefined, over].includes(this.#findHere(channel.guildId));
    this.#notices.enqueue({ channel, line, isStillTrue });
  }

  #onGuildRemoved(guildId: GuildId) {
    this.#moves.delete(guildId);
    this.#findHere(guildId)?.leave('removed');
    const erase = async () => {
      await this.#listSessions.get(guildId)?.ended;
      this.forgetEndedConversation(guildId);
      this.consents.forgetServer(guildId);
      await this.#removal.eraseServer(guildId);
    };
    this.#queue
      .run(guildId, erase)
      .catch((error) => this.#deps.onEvent(guildId, toFailureEvent(error, 'store')));
  }
}
