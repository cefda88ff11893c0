import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import { nobody, type PersonId } from '#src/base/ids.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';
import { runTogether } from '#src/base/loops/run-together.ts';
import {
  buildSession,
  type ConversationOptions,
} from '#src/conversation/build-session.ts';
import {
  type ConnectionOptions,
  ReconnectingConnection,
  runConnection,
} from '#src/conversation/connection.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import {
  findFinalLoss,
  reconnectRules,
} from '#src/conversation/machine/reconnect-policy.ts';
import type { ConsentNotices } from '#src/conversation/mouth/consent-notices.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { Session, SessionChannel } from '#src/conversation/session.ts';
import type { SessionTools } from '#src/conversation/tools/session-tools.ts';
import type { ToolCallRunner } from '#src/conversation/tools/tool-call-runner.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { Owned, toOpenText } from '#src/people/owned.ts';
import type { JoinMode, JoinOutcome } from '#src/ports/command-ports.ts';
import {
  type LeaveSummary,
  type SessionFeatures,
  sessionModeKey,
} from '#src/ports/feature-session.ts';
import type { PanelContent } from '#src/ports/panel.ts';
import {
  type LeaveReason,
  type SessionEvent,
  toFailureEvent,
} from '#src/ports/session-events.ts';
import type { Seat } from '#src/ports/stores.ts';
import type { TalkState } from '#src/ports/talk-guide.ts';
import type {
  ChannelMember,
  ChannelRef,
  LinkState,
  VoiceLink,
  VoiceRestriction,
} from '#src/ports/voice-link.ts';
import { PauseHabits } from '#src/turn/endpointing/endpointing-delay.ts';
import {
  getFollowedPerson,
  getLeftLine,
  type JoinCall,
  type ReconnectDecision,
  toJoinOutcome,
} from './join-outcomes.ts';
import { createSessionPanel, getTalkState, PanelDisplay } from './panel-view.ts';
import { watchRoles } from './role-watch.ts';
import type { SeatPersistence } from './seat-persistence.ts';
import type { SharedSessionDeps } from './shared-session-deps.ts';

/** The circumstances of a new session. `former` is the session that it replaces, `seat` one of an earlier process. */
export type VoiceSessionOptions = ConversationOptions & {
  readonly callerId: PersonId;
  readonly sharedDeps: SharedSessionDeps;
  readonly followedId?: PersonId;
  readonly mode?: JoinMode;
  readonly former?: VoiceSession;
  readonly seat?: Seat;
  readonly seats: SeatPersistence;
};

/** Time between two looks at whether the clause is over. Longer than a step of the connection, which reacts first. */
const drainCheckMs = 100;
const maxNoticeWriteMs = 1_500;
/** The audience of a stage may be let speak within this time. */
const stageAudienceMs = 3_000;

const consentAnswers = { always: 'yes', never: 'no', forgotten: 'forget' } as const;

/**
 * The bot's time in one voice channel, whose connection may be lost and come back. Call `enter` and then
 * `runUntilEnd` once; `leave` ends the session.
 */
export class VoiceSession implements Session {
  readonly voiceChannel: SessionChannel;
  readonly notices: ChannelNotices;
  readonly mouth: Mouth;
  readonly consent: SessionConsent;
  readonly consentNotices: ConsentNotices;
  readonly loop: ConversationLoop;
  readonly tools: SessionTools;
  readonly calls: ToolCallRunner;
  readonly features: SessionFeatures;
  /** Aborts as the session ends. */
  readonly signal: AbortSignal;
  /** Wakes the loop of the connection early, so that a change from outside counts at once. */
  readonly wakeup: Wakeup;
  /** Person that called the bot. `nobody` after an automatic join. */
  readonly callerId: PersonId;
  /** Person that the bot follows to other channels. */
  followedId: PersonId | undefined;
  readonly #answers;
  readonly #deps;
  readonly #over = new AbortController();
  readonly #settings;
  readonly #choices;
  /** After a restart it lies before the process began. */
  readonly #sinceMs;
  readonly #sinceWallMs;
  readonly #connectionOptions: ConnectionOptions;
  readonly #pauseHabits = new PauseHabits();
  readonly #settingsChanged;
  readonly #seats;
  readonly #connection;
  /** True: the panel says that the former conversation is lost, until the first exchange, or until somebody new comes. */
  #hasBegunAnew: boolean;
  #firstPresentIds: ReadonlySet<PersonId> | undefined;
  readonly #sharedDeps;
  #lastBugAtMs = Number.NEGATIVE_INFINITY;
  #openAllowed = Promise.withResolvers<void>();
  readonly #panel;
  #isUnanswered = false;
  #leaveReason: LeaveReason = 'lost';
  #endNews: LeaveSummary = {};
  #isLinkDown = false;
  #joinedInMs: number | undefined;
  #mode: JoinMode;

  constructor(options: VoiceSessionOptions) {
    const {
      callerId,
      channel,
      deps,
      followedId,
      former: formerConversation,
      mode,
    } = options;
    const { seat, seats, settings, sharedDeps } = options;
    const { clock } = deps;
    this.#mode = mode ?? formerConversation?.mode ?? seat?.mode ?? 'talk';
    this.#seats = seats;
    this.#settings = settings;
    this.callerId = callerId;
    this.#settingsChanged = new Wakeup(clock);
    this.followedId = followedId ?? seat?.followedId;
    this.#sinceWallMs = seat?.sinceWallMs ?? clock.wallMs();
    this.#sinceMs = clock.nowMs() - Math.max(0, clock.wallMs() - this.#sinceWallMs);
    this.#sharedDeps = sharedDeps;
    this.#connection = new ReconnectingConnection(clock, sharedDeps.linkOpener);
    this.signal = this.#over.signal;
    this.wakeup = new Wakeup(clock);
    this.#panel = new PanelDisplay({ ...deps, getChannel: () => this.channel });
    const built = buildSession(options, {
      maySpeak: () => this.#mode === 'talk',
      pauseHabits: this.#pauseHabits,
      link: this.#connection,
      endSession: (reason) => {
        this.#leaveReason = reason;
        this.#over.abort(new Error('the bot left the channel'));
      },
      openConnection: () => this.#openAllowed.resolve(),
      forgetPerson: (personId) => this.#forgetPerson(personId),
      noteUnanswered: () => {
        this.#isUnanswered = true;
      },
      onChange: () => this.wakeup.wake(),
      signal: this.signal,
    });
    const { voiceChannel, notices, mouth, consent, consentNotices, loop, features } =
      built.session;
    this.voiceChannel = voiceChannel;
    this.notices = notices;
    this.mouth = mouth;
    this.consent = consent;
    this.consentNotices = consentNotices;
    this.loop = loop;
    this.features = features;
    this.tools = built.tools;
    this.calls = built.calls;
    this.#answers = built.answers;
    this.#connectionOptions = {
      callerId,
      ear: built.ear,
      deps,
      wakeup: this.wakeup,
      showPanel: (talkingIds) => this.#showCurrentPanel(talkingIds),
    };
    this.#deps = deps;
    this.#choices = options.sessions.consents.getChoices(channel.guildId);
    const hadWords =
      formerConversation !== undefined && countExchanges(formerConversation) > 0;
    this.#hasBegunAnew = seat !== undefined || (hadWords && countExchanges(this) === 0);
  }

  /** Voice channel of the session, the same until its end. */
  get channel(): ChannelRef {
    return this.voiceChannel.channel;
  }

  /** Whether the bot answers or only captions. */
  get mode(): JoinMode {
    return this.#mode;
  }

  /** Applies the mode at once, and stores it with the seat. */
  set mode(mode: JoinMode) {
    this.#mode = mode;
    this.loop.syncSettings();
    this.features.onChange(true, sessionModeKey);
    this.#seats.saveSeat(this);
  }

  /** Applies a call to the channel in which the bot already is. */
  async joinAgain(call: JoinCall): Promise<JoinOutcome> {
    // A call to its own channel may still be a yes, and change the mode.
    this.consent.addCaller(call.callerId);
    if (call.mode) this.mode = call.mode;
    this.followCaller(call);
    await this.loadSettings();
    return this.getJoinOutcome('already', call.callerId);
  }

  /** Follows the caller, or no longer, as the call says, and stores that with the seat. */
  followCaller(call: Pick<JoinCall, 'callerId' | 'follows'>): void {
    this.followedId = getFollowedPerson(call, this.followedId);
    this.#seats.saveSeat(this);
  }

  /** Time since the bot joined, restarts included. */
  get stayedMs(): number {
    return this.#deps.clock.nowMs() - this.#sinceMs;
  }

  /** News of the features about the end, empty before it. */
  get endNews(): LeaveSummary {
    return this.#endNews;
  }

  /** Describes the session as the store keeps it, so that the bot returns after a restart. */
  getSeat(): Seat {
    const { consent, voiceChannel } = this;
    const { guildId, channelId, name: channelName } = voiceChannel.channel;
    const isCallerKept = this.callerId !== nobody && !consent.hasSaidNo(this.callerId);
    return {
      guildId,
      channelId,
      channelName,
      callerId: isCallerKept ? this.callerId : undefined,
      followedId: this.followedId,
      mode: this.#mode,
      pipeline: voiceChannel.getSettings().pipeline,
      sinceWallMs: this.#sinceWallMs,
      ...consent.answers,
    };
  }

  /** Returns whether the bot has joined, even while a retry is due. */
  get hasEntered(): boolean {
    return this.#connection.wasOpen && !this.isOver;
  }

  /** Lists the people here whom the bot may hear and who spoke in the last minute, whoever spoke longest first. */
  listSpoken(): readonly { readonly name: string; readonly ms: number }[] {
    const { ear } = this.#connectionOptions;
    return ear
      .listSpoken(this.#deps.clock.nowMs())
      .filter(({ personId }) => this.consent.mayHear(personId))
      .toSorted((one, other) => other.ms - one.ms)
      .flatMap(({ ms, personId }) => {
        const person = this.voiceChannel.findPerson(personId);
        return person ? [{ name: person.name, ms }] : [];
      });
  }

  /** True while the voice connection is open. */
  get isLinked(): boolean {
    return this.#connection.isOpen;
  }

  /** True from the decision to leave on, also before the connection is closed. */
  get isOver(): boolean {
    return this.loop.state.session.connection.kind === 'gone';
  }

  /** State of the voice connection. Undefined while there is none that carries sound. */
  get link(): (LinkState & { readonly joinedInMs: number }) | undefined {
    const state = this.#isLinkDown ? undefined : this.#connection.findState();
    return state && { ...state, joinedInMs: this.#joinedInMs ?? 0 };
  }

  /** Number of people in the channel, without bots. 0 while disconnected. */
  get companySize(): number {
    return this.#connection.listPeople().filter(({ isBot }) => !isBot).length;
  }

  /** Describes a join to the caller, with the caller's own consent. */
  getJoinOutcome(kind: 'joined' | 'already', callerId: PersonId): JoinOutcome {
    const { consent } = this;
    return {
      kind,
      consent: consent.getConsent(callerId),
      unread: !consent.isLoaded || undefined,
    };
  }

  /** Describes who is heard here and how the bot is spoken to, for the panel and `/help`. */
  getTalkState(): TalkState {
    const people = this.#connection.listPeople();
    const { channel, getSettings } = this.voiceChannel;
    const { autoJoin, joinsEvents } = getSettings();
    return {
      ...getTalkState(this, people, this.#deps),
      isLinked: this.isLinked,
      isAnew: this.#updateIsAnew(people),
      isUncalled:
        this.callerId === nobody &&
        (joinsEvents || autoJoin.includes(channel.channelId)),
    };
  }

  /** Shows a panel of this channel, unless it is shown already. */
  showPanel(panelContent: PanelContent): void {
    this.#panel.show(panelContent);
  }

  /** Tests whether a person sits in the channel. False while disconnected. */
  isHere(personId: PersonId): boolean {
    return this.#connection.listPeople().some(({ id }) => id === personId);
  }

  /** Reads the server's settings and consents, and applies them. */
  async loadSettings(): Promise<void> {
    const { guildId } = this.channel;
    if (await this.#settings.loadGuild(guildId)) this.applySettings();
    await this.#choices.readStored();
  }

  /** Applies settings that have changed. `key` names the setting if only one has, of this channel alone or of the server. */
  applySettings(key?: string, isOfChannel?: boolean): void {
    this.consent.syncConversation();
    this.loop.syncSettings();
    this.#settingsChanged.wake();
    this.features.onChange(this.#joinedInMs !== undefined, key, isOfChannel);
  }

  /** Applies that a moderator or stage mutes the bot, or no longer. A new restriction is posted in the chat. */
  applyRestriction(restriction: VoiceRestriction, isOn: boolean): void {
    const { loop } = this;
    const isRestricted = () => loop.state.session.restrictions.includes(restriction);
    const isNew = isOn && !isRestricted();
    loop.post({ kind: 'restricted', how: restriction, isOn });
    if (!isNew) return;
    const notice = {
      id: restriction === 'deafened' ? 'deafened.server' : 'muted.server',
    } as const;
    const waitMs = restriction === 'suppressed' ? stageAudienceMs : 0;
    this.#deps.clock.later(waitMs, () => this.notices.post(notice, isRestricted));
  }

  /** Applies that the voice connection carries no sound, or does again. The chat is told while it lasts. */
  applyLinkTrouble(isOn: boolean): void {
    this.#isLinkDown = isOn;
    if (isOn) this.notices.post({ id: 'link.down' }, () => this.#isLinkDown);
  }

  /** Applies a person's stored consent. A no counts from the next packet on. */
  applyConsent(personId: PersonId): void {
    const kind = this.#choices.findConsent(personId)?.kind;
    if (kind)
      this.loop.post({
        kind: 'answered-consent',
        by: personId,
        answer: consentAnswers[kind],
      });
    this.consent.syncConversation();
  }

  /** Joins the channel. A failure that may pass is retried by `runUntilEnd`. Never throws. */
  async enter(): Promise<JoinOutcome> {
    try {
      await this.#openConnection();
      return this.getJoinOutcome('joined', this.callerId);
    } catch (error) {
      if (this.isOver) return { kind: 'left' };
      return toJoinOutcome(error, this.#decideAfterError(error), this.#getRestMs());
    }
  }

  /** Connects, until people can be heard and spoken to. Errors: as `VoiceLinkOpener.openLink`. */
  async #openConnection() {
    const startedMs = this.#deps.clock.nowMs();
    const recalling = this.loadSettings();
    await this.#connection.openLink(
      this.channel,
      (speakerId) => this.consent.mayHear(speakerId),
      this.#over.signal,
    );
    this.loop.syncPeople();
    await recalling;
    const tookMs = this.#deps.clock.nowMs() - startedMs;
    this.#joinedInMs = tookMs;
    this.#report({ kind: 'joined', channel: this.channel, tookMs });
    this.#seats.saveSeat(this);
    this.consent.onAnswered(() => this.#seats.saveSeat(this));
    this.features.onChange(true);
    this.#showCurrentPanel([]);
  }

  /** Returns why the session ended. Never throws. */
  async runUntilEnd(): Promise<LeaveReason> {
    let next: ReconnectDecision = { kind: 'again', waitMs: 0 };
    while (next.kind === 'again') {
      const error = await this.#runConnection();
      if (error === undefined || this.isOver) break;
      next = this.#decideAfterError(error);
    }
    this.leave(next.kind === 'over' ? next.why : 'lost');
    const reason = this.#leaveReason;
    await this.#answers.waitUntilSettled();
    this.#endNews = await this.features.onEnd(reason);
    if (this.#connection.wasOpen) {
      if (reason === 'moved') this.#showCurrentPanel([]);
      else this.#showLeftPanel(reason);
      this.#report({ kind: 'left', channel: this.channel, why: reason });
    }
    return reason;
  }

  #showLeftPanel(reason: LeaveReason) {
    const { channelId, guildId } = this.channel;
    const line = getLeftLine(reason);
    this.#panel.end();
    this.#deps.panels.showLeft(guildId, line && new Owned(line, { channelId }));
  }

  #decideAfterError(error: unknown): ReconnectDecision {
    this.#report(toFailureEvent(error, 'link'));
    const next = this.#decideRetry(error);
    if (next.kind === 'over' || !this.hasEntered) return next;
    this.#showCurrentPanel([]);
    this.consent.onChange(() => this.#showCurrentPanel([]));
    return next;
  }

  #getRestMs() {
    return this.#sharedDeps.linkOpener.getRestMs(this.channel.guildId);
  }

  #decideRetry(error: unknown): ReconnectDecision {
    const nowMs = this.#deps.clock.nowMs();
    const isBug = !(error instanceof BotError);
    const isRepeated =
      isBug && nowMs - this.#lastBugAtMs <= reconnectRules.minRebuildGapMs;
    if (isBug) this.#lastBugAtMs = nowMs;
    const restMs = this.#getRestMs();
    const isPaced = !isBug && error.code === 'link.rate_limited' && restMs === 0;
    const paceMs = isPaced ? error.about.retryAfterMs : undefined;
    this.#openAllowed = Promise.withResolvers();
    const final = isRepeated ? 'lost' : isBug ? undefined : findFinalLoss(error);
    this.loop.post({
      kind: 'link-lost',
      random: this.#sharedDeps.getRandom(),
      restMs,
      paceMs,
      final,
    });
    const { connection } = this.loop.state.session;
    if (connection.kind === 'gone') return { kind: 'over', why: final ?? 'refused' };
    return {
      kind: 'again',
      waitMs: connection.kind === 'waiting' ? connection.tryAtMs - nowMs : 0,
    };
  }

  /** Ends the session. Of several calls, the reason of the first counts. */
  leave(reason: LeaveReason): void {
    this.loop.post({ kind: 'leave', why: reason });
  }

  /** Lets the current clause end within `ms`. If a question stays unanswered, the chat asks people to ask again. Never throws. */
  async drain(ms: number): Promise<void> {
    const { loop, signal } = this;
    const { clock } = this.#deps;
    const untilMs = clock.nowMs() + (this.isLinked ? ms : 0);
    loop.post({ kind: 'draining' });
    let reporting: Promise<void> | undefined;
    do {
      await clock.sleep(drainCheckMs, signal).catch(() => undefined);
      if (this.#isUnanswered) reporting ??= this.#reportUnanswered(); // By now it is known whether the current turn sounds.
    } while (
      loop.state.turnQueue.current &&
      clock.nowMs() < untilMs &&
      !signal.aborted
    );
    await reporting;
  }

  async #reportUnanswered() {
    const notice = toOpenText(this.notices.formatWrittenText({ id: 'seat.stopped' }));
    const ending = new AbortController();
    const createLateError = () => new Error('the notice was not written in time');
    try {
      const written = this.#deps.messages.writeText(
        this.channel,
        notice,
        ending.signal,
      );
      await withTimeout(written, maxNoticeWriteMs, this.#deps.clock, createLateError);
    } catch {
      ending.abort(createLateError()); // Discord is away, or the bot may not write there.
    }
  }

  async #runConnection() {
    try {
      if (!this.#connection.isHeld) await this.#reopenConnection();
      const { signal } = this.#over;
      await this.#connection.runWithLink(
        (link) => this.#runLoops(link, signal),
        signal,
      );
      return undefined;
    } catch (error) {
      const isBug = error !== this.#over.signal.reason && !(error instanceof BotError);
      if (this.isOver && isBug) this.#report(toFailureEvent(error, 'link')); // Nothing else follows from it.
      return error ?? new Error('a session failed without an error');
    }
  }

  async #runLoops(link: VoiceLink, signal: AbortSignal) {
    return await runTogether<'lost'>(signal, [
      (until) => runConnection(link, this, this.#connectionOptions, until),
      (until) => watchRoles(link, this, this.#deps.clock, this.#settingsChanged, until),
    ]);
  }

  async #reopenConnection() {
    const { signal } = this.#over;
    await waitUnlessAborted(this.#openAllowed.promise, signal);
    if (this.hasEntered && this.companySize === 0) this.leave('alone');
    signal.throwIfAborted();
    await this.#openConnection();
  }

  #forgetPerson(personId: PersonId) {
    const isBarred = !this.consent.isAdmitted(personId);
    this.consent.withdrawals.withdrawPerson(personId);
    this.tools.confirmations.withdrawPerson(personId);
    this.features.forgetPerson(personId, isBarred ? 'barred' : 'withdrawn');
    if (isBarred) return;
    this.#pauseHabits.forget(personId);
    this.voiceChannel.languages.forgetPerson(personId);
  }

  #showCurrentPanel(talkingIds: readonly PersonId[]) {
    this.showPanel(
      createSessionPanel(this, this.getTalkState(), talkingIds, this.#answers),
    );
  }

  #updateIsAnew(people: readonly ChannelMember[]) {
    this.#firstPresentIds ??= new Set(people.map(({ id }) => id));
    const isUnchanged = people.every(({ id }) => this.#firstPresentIds?.has(id));
    this.#hasBegunAnew &&= isUnchanged && countExchanges(this) === 0;
    return this.#hasBegunAnew;
  }

  #report(event: SessionEvent) {
    this.notices.reportEvent(event);
  }
}

/** Counts the exchanges in the history of a session. */
export function countExchanges({ loop }: { readonly loop: ConversationLoop }): number {
  return loop.state.history.exchanges.length;
}
