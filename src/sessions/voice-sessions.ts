import { isDeepStrictEqual } from 'node:util';
import { neverAborted, waitAtMost } from '#src/base/bounded-wait.ts';
import { Erasures } from '#src/base/erasures.ts';
import { type ChannelId, type GuildId, nobody, type PersonId } from '#src/base/ids.ts';
import { GuildTaskQueue } from '#src/base/loops/guild-task-queue.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { Session, SessionChannel } from '#src/conversation/session.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { GuildNoticeQueue } from '#src/notices/guild-notice-queue.ts';
import { mayOpen } from '#src/people/audience.ts';
import { toOpenText } from '#src/people/owned.ts';
import type {
  JoinMode,
  JoinOutcome,
  LeaveOutcome,
  SaveOutcome,
} from '#src/ports/command-ports.ts';
import { toMovedLine } from '#src/ports/panel.ts';
import { toFailureEvent } from '#src/ports/session-events.ts';
import type { Seat } from '#src/ports/stores.ts';
import {
  type ChannelRef,
  type MissingRight,
  type SeatChange,
  toMissingRightLine,
} from '#src/ports/voice-link.ts';
import { GuildConsents } from '#src/settings/guild-consents.ts';
import { StoredSettings } from '#src/settings/stored-settings.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { EndedConversations } from './ended-conversations.ts';
import { GuildRemoval } from './guild-removal.ts';
import { findDestination, type MoveTarget } from './join-obstacles.ts';
import {
  getFarewellLine,
  getFollowedPerson,
  type JoinCall,
  restingReasons,
} from './join-outcomes.ts';
import { MoveRequests } from './move-requests.ts';
import { SeatPersistence } from './seat-persistence.ts';
import type { SharedSessionDeps } from './shared-session-deps.ts';
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
  | 'consents'
  | 'deny'
  | 'findSession'
  | 'leave'
  | 'listAll'
  | 'listSessions'
  | 'settings'
>;

/** `ended` resolves once the session is over and its seat is dropped or kept. */
type RunningSession = { readonly session: VoiceSession; ended: Promise<void> };

type SessionMove = MoveTarget & { readonly former: VoiceSession };

/** A seat to return to, and its channel as it is now. */
type PreparedSeat = { readonly seat: Seat; readonly channel: ChannelRef };

const maxLeaveMs = 5_000;

/**
 * Sessions of the bot, one in each server. Calls for one server are served one after the other.
 *
 * @example
 * import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
 * import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
 *
 * declare const sessions: VoiceSessions;
 * const guildId = toGuildId('1');
 * const lounge = { guildId, channelId: toChannelId('2'), name: 'Lounge' };
 * const outcome = await sessions.join(lounge, toPersonId('3'));
 * if (outcome.kind === 'joined') sessions.findSession(guildId)?.loop.post({ kind: 'stop' });
 * await sessions.leave(guildId);
 */
export class VoiceSessions implements AsyncDisposable {
  readonly settings: StoredSettings;
  readonly consents: GuildConsents;
  readonly moveRequests: MoveRequests;
  /** Erasures of the shard's servers and people. */
  readonly erasures: Erasures = new Erasures();
  /** Applies a spoken no. The owner sets it once. Never throws. */
  denyAloud: (personId: PersonId, session: Session) => void = () => undefined;
  /** Takes a person's yes back, as `PrivacyRequests` does. The owner sets it once. */
  deny: (guildId: GuildId, personId: PersonId) => Promise<SaveOutcome> = async () => ({
    isSaved: false,
  });
  readonly #deps;
  readonly #sharedDeps;
  readonly #notices;
  readonly #removal;
  readonly #sessions = new Map<GuildId, RunningSession>();
  /** Sessions that move once the turn of their server comes. */
  readonly #moves = new Map<GuildId, SessionMove>();
  /** Sessions that end, and with whose history another one goes on in the same channel. */
  readonly #continued = new Map<GuildId, VoiceSession>();
  readonly #seats;
  readonly #queue = new GuildTaskQueue();
  readonly #ended;
  #isClosed = false;

  constructor(deps: SessionDependencies, sharedDeps: SharedSessionDeps) {
    this.#sharedDeps = sharedDeps;
    this.#deps = deps;
    this.#ended = new EndedConversations(deps.clock);
    this.#notices = new GuildNoticeQueue(this.#deps);
    this.moveRequests = new MoveRequests(this.#deps, this);
    this.#seats = new SeatPersistence(this.#deps, sharedDeps.seatStore);
    this.settings = new StoredSettings(this.#deps, sharedDeps);
    this.consents = new GuildConsents(
      this.#deps,
      sharedDeps,
      this.settings,
      (guildId) => this.peekSessions(guildId).length > 0,
      (...changed) => this.#onConsentChanged(...changed),
    );
    this.#removal = new GuildRemoval(this.#deps, sharedDeps, this);
  }

  /** True while the process is late with the channels that it has, so that a further one would harm them. */
  get #isFull() {
    return this.#sessions.size > 0 && this.#sharedDeps.isOverloaded();
  }

  #findHere(guildId: GuildId) {
    return this.#sessions.get(guildId)?.session;
  }

  /** Finds the channel in which the bot sits or which it joins now. Undefined if there is none in this server. */
  at(guildId: GuildId): ChannelRef | undefined {
    return this.#findHere(guildId)?.channel;
  }

  /** Finds the session of a server, and wakes it. Undefined while it is still joining. */
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
    // Those that end are among them: a no has to reach the history that goes on.
    const sessions = [
      this.#moves.get(guildId)?.former,
      this.#continued.get(guildId),
      this.#findHere(guildId),
    ];
    return [...new Set(sessions)].filter((session) => session !== undefined);
  }

  /** Lists the sessions of all servers, and wakes none. */
  listAll(): readonly VoiceSession[] {
    return [...this.#sessions.values()].map(({ session }) => session);
  }

  /**
   * Joins a channel for a caller, and leaves the channel before. `follows`: whether to follow the caller. Default: as
   * before.
   */
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

  /** Tests whether a person may open a channel and so know its words. False if Discord does not answer. */
  async canOpen(
    guildId: GuildId,
    channelId: ChannelId,
    personId: PersonId,
  ): Promise<boolean> {
    return (await mayOpen(guildId, channelId, personId, this.#deps)) === 'yes';
  }

  /** Forgets a server's last conversation, which no later session can go on with then. */
  forgetEndedConversation(guildId: GuildId): void {
    this.#ended.forgetServer(guildId);
  }

  /**
   * Joins the channel that `prepare` finds, unless the bot sits somewhere. `isOnce`: a failure is final. Undefined if
   * the bot does not try to join.
   */
  async returnToSeat(
    guildId: GuildId,
    prepare: () => Promise<PreparedSeat | undefined>,
    isOnce = false,
  ): Promise<JoinOutcome | undefined> {
    const enterSeat = async () => {
      if (this.#isClosed || this.#sessions.has(guildId)) return undefined;
      this.#seats.scheduleExpiry();
      const prepared = await prepare();
      if (this.#isClosed || !prepared) return undefined;
      const { channel, seat } = prepared;
      return await this.#enterChannel(
        channel,
        { callerId: seat.callerId ?? nobody },
        { seat, isOnce },
      );
    };
    return await this.#queue.run(guildId, enterSeat);
  }

  /** Joins a channel without a call, and leaves an empty channel for that. Undefined if the bot stays with people. */
  async enterUncalled(channel: ChannelRef): Promise<JoinOutcome | undefined> {
    const { guildId } = channel;
    const joinUncalled = async () => {
      const here = this.#findHere(guildId);
      if (this.#isClosed || (here && here.companySize > 0)) return undefined;
      if (!here && this.#isFull) return undefined;
      await this.#leaveInTurn(guildId);
      if (this.#isClosed) return undefined;
      const { autoJoinMode: mode } = this.settings.getForGuild(guildId);
      return await this.#enterChannel(channel, { callerId: nobody, mode });
    };
    return await this.#queue.run(guildId, joinUncalled);
  }

  /** Drops the stored seat of a server in which there is no session. */
  forgetSeat(guildId: GuildId): void {
    if (!this.#sessions.has(guildId)) this.#seats.dropSeat(guildId);
  }

  /** Waits until the present seat is stored, or storing it has failed. */
  waitForSeat(guildId: GuildId): Promise<void> {
    return this.#seats.waitUntilSettled(guildId);
  }

  /** Leaves because somebody asked for it. Resolves after 5 s at the latest. */
  async leave(guildId: GuildId): Promise<LeaveOutcome> {
    // The end of the session may hang, so it is not awaited for long.
    this.forgetSeat(guildId);
    this.#moves.delete(guildId);
    const leaveSession = () => {
      const session = this.#findHere(guildId);
      session?.leave('asked');
      if (session) this.#restChannel(session.channel);
      return session;
    };
    const session = leaveSession();
    const leaving = this.#queue.run(guildId, () => {
      leaveSession();
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

  /** Applies a change that others made to the bot's seat in a channel. */
  onSeatChange(guildId: GuildId, event: SeatChange): void {
    const session = this.#findHere(guildId);
    session?.wakeup.wake();
    switch (event.kind) {
      case 'muted':
      case 'deafened':
      case 'suppressed':
        session?.applyRestriction(event.kind, event.isOn);
        return;
      case 'link-down':
        session?.applyLinkTrouble(event.isOn);
        return;
      case 'moved':
        this.#onMovedByHand(session, event.channelId);
        void this.moveSession(guildId, event.channelId, true);
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

  /**
   * Moves the session of a server to a channel. Of several calls, the newest channel counts. `isByHand`: the bot sits there
   * already, as a person has moved it. Never throws.
   */
  async moveSession(
    guildId: GuildId,
    channelId: ChannelId,
    isByHand = false,
  ): Promise<void> {
    const move = this.#moves.get(guildId);
    if (move) {
      this.#moves.set(guildId, { former: move.former, channelId, isByHand });
      return;
    }
    const formerSession = this.#findHere(guildId);
    if (
      !formerSession ||
      formerSession.isOver ||
      formerSession.channel.channelId === channelId
    )
      return;
    this.#moves.set(guildId, { former: formerSession, channelId, isByHand });
    formerSession.mouth.mix.isPassedOn = true;
    formerSession.leave('moved');
    await this.#queue
      .run(guildId, () => this.#moveInTurn(formerSession))
      .catch((error) => this.#deps.onEvent(guildId, toFailureEvent(error, 'link')));
  }

  /** Refuses calls and questions, and ends all sessions within `ms`. Never throws. */
  async drainAll(ms: number): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.listAll().map((session) => session.drain(ms)));
  }

  /** Leaves all channels, and keeps the seats for the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#notices[Symbol.dispose]();
    this.moveRequests[Symbol.dispose]();
    this.consents[Symbol.dispose]();
    this.#removal[Symbol.dispose]();
    const running = [...this.#sessions.values()];
    for (const { session } of running) session.leave('stopped');
    await Promise.all(running.map(({ ended }) => ended));
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
      const isAsked = this.moveRequests.askParticipants(here.channel, channel, call);
      return { kind: 'busy', other: here.channel, isAsked };
    }
    if (!here && this.#isFull) return { kind: 'overloaded' };
    if (isSame && here) {
      here.mouth.mix.isPassedOn = true;
      this.#continued.set(guildId, here);
    }
    await this.#leaveInTurn(guildId, isSame ? 'moved' : 'asked').finally(() =>
      this.#continued.delete(guildId),
    );
    if (this.#isClosed) return { kind: 'stopping' };
    const joining = await this.#enterChannel(
      channel,
      call,
      isSame ? { former: here } : {},
    );
    this.forgetSeat(guildId);
    return joining;
  }

  /** Begins or ends following a person. Returns false if the bot sits nowhere in this server. */
  followPerson(guildId: GuildId, personId: PersonId, follows: boolean): boolean {
    const here = this.findSession(guildId);
    if (!here) return false;
    here.followCaller({ callerId: personId, follows });
    return true;
  }

  #createSession(
    channel: ChannelRef,
    { callerId, follows, mode }: JoinCall,
    { former: formerConversation, seat }: SessionStart,
  ) {
    this.consents.renewChoices(channel.guildId);
    return new VoiceSession({
      channel,
      callerId,
      deps: this.#deps,
      sharedDeps: this.#sharedDeps,
      notices: this.#notices,
      seats: this.#seats,
      settings: this.settings,
      sessions: this,
      followedId: getFollowedPerson(
        { callerId, follows },
        formerConversation?.followedId,
      ),
      mode,
      former: formerConversation,
      seat,
      endedConversation: seat ? undefined : this.#ended.find(channel),
    });
  }

  async #enterChannel(channel: ChannelRef, call: JoinCall, start: SessionStart = {}) {
    const { guildId } = channel;
    const session = this.#createSession(channel, call, start);
    if (call.isCalled) session.consent.addCaller(call.callerId);
    const running = { session, ended: Promise.resolve() };
    this.#sessions.set(guildId, running);
    const entered = await session.enter();
    const isStopping = entered.kind === 'left' && this.#isClosed;
    const joining = isStopping ? { kind: 'stopping' as const } : entered;
    if (joining.kind === 'joined' || ('nextTryMs' in joining && !start.isOnce))
      running.ended = this.#runSession(session);
    else {
      this.#sessions.delete(guildId);
      session.leave('lost');
      if (!session.mouth.mix.isPassedOn) session.mouth.mix.tracks.close();
      await this.#leaveUnfollowed(guildId);
    }
    return joining;
  }

  async #runSession(
    session: Pick<
      VoiceSession,
      'channel' | 'consent' | 'getSeat' | 'isLinked' | 'isOver' | 'loop' | 'runUntilEnd'
    >,
  ) {
    const reason = await session.runUntilEnd();
    this.#seats.onSessionEnded(session, reason);
    const { guildId } = session.channel;
    if (this.#findHere(guildId) === session) this.#sessions.delete(guildId);
    this.#ended.keepConversation(
      session.channel,
      session.loop.state.history,
      session.consent.answers,
    );
    if (restingReasons.has(reason)) this.#restChannel(session.channel);
    const farewell = getFarewellLine(reason);
    if (farewell) this.#postFarewell(session.channel, farewell);
    await this.#leaveUnfollowed(guildId);
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
  async #leaveInTurn(guildId: GuildId, reason: 'asked' | 'moved' = 'asked') {
    const running = this.#sessions.get(guildId);
    running?.session.leave(reason);
    await running?.ended;
  }

  async #moveInTurn(formerSession: VoiceSession) {
    const { guildId } = formerSession.channel;
    const running = this.#sessions.get(guildId);
    const isReplaced = running && running.session !== formerSession;
    if (!isReplaced) await running?.ended;
    const move = this.#moves.get(guildId);
    this.#moves.delete(guildId);
    if (isReplaced) return;
    const channel = move && findDestination(guildId, move, this.#deps);
    if (this.#isClosed || !channel) {
      formerSession.mouth.mix.tracks.close();
      this.#deps.panels.showLeft(guildId);
      this.forgetSeat(guildId);
      await this.#leaveUnfollowed(guildId);
      return;
    }
    const { kind } = await this.#enterChannel(
      channel,
      { callerId: formerSession.callerId },
      { former: formerSession },
    );
    const session = this.#findHere(guildId);
    if (session) this.#reportMove(formerSession, session);
    else if (!this.#moves.has(guildId)) this.#deps.panels.showLeft(guildId);
    this.forgetSeat(guildId);
    // If the bot was sent away or moved on meanwhile, it was not refused.
    if (!session && kind !== 'left' && kind !== 'sent-away')
      this.#postFarewell(formerSession.channel, { id: 'gave_up' });
  }

  /** Leaves the channel to which a person has moved the bot, unless a session follows. */
  async #leaveUnfollowed(guildId: GuildId) {
    if (this.#moves.has(guildId) || this.#sessions.has(guildId)) return;
    await this.#sharedDeps.linkOpener.leaveChannel(guildId);
  }

  #reportMove(
    formerSession: {
      readonly loop: ConversationLoop;
      readonly voiceChannel: SessionChannel;
    },
    session: Pick<VoiceSession, 'isOver' | 'loop' | 'notices' | 'voiceChannel'>,
  ) {
    const { channel: from } = formerSession.voiceChannel;
    const { notices, voiceChannel } = session;
    const { channel } = voiceChannel;
    if (from.channelId === channel.channelId) return;
    const toNotice = () => toMovedLine(channel, from.channelId, this.#deps.places);
    const line = toNotice();
    this.#notices.enqueue({
      channel: from,
      line,
      // Rights may have changed while the notice waited.
      isStillTrue: () => !session.isOver && isDeepStrictEqual(toNotice(), line),
    });
    if (countExchanges(formerSession) === 0 || countExchanges(session) > 0) return;
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
  #postFarewell(channel: ChannelRef, farewell: TextLine, endedSession?: unknown) {
    const isStillTrue = () =>
      [undefined, endedSession].includes(this.#findHere(channel.guildId));
    this.#notices.enqueue({ channel, line: farewell, isStillTrue });
  }

  #onGuildRemoved(guildId: GuildId) {
    this.#moves.delete(guildId);
    this.#findHere(guildId)?.leave('removed');
    const eraseData = async () => {
      await this.#sessions.get(guildId)?.ended;
      this.forgetEndedConversation(guildId);
      this.consents.forgetServer(guildId);
      await this.#removal.eraseServer(guildId);
    };
    this.#queue
      .run(guildId, eraseData)
      .catch((error) => this.#deps.onEvent(guildId, toFailureEvent(error, 'store')));
  }
}
