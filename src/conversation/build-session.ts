import { SentEnvelope } from '#src/audio/echo/band-levels.ts';
import { BotError } from '#src/base/errors.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import { admitLiteral } from '#src/base/logged-text.ts';
import {
  createAdmissionCheck,
  readStoredConsents,
  type SessionAnswers,
  SessionConsent,
  type SessionConsentOptions,
} from '#src/conversation/consent/session-consent.ts';
import { SpeakerLanguages } from '#src/conversation/ear/speaker-languages.ts';
import type {
  EffectOf,
  InnerEffect,
  OuterEffect,
} from '#src/conversation/machine/effects.ts';
import type { InnerEvent } from '#src/conversation/machine/events.ts';
import {
  type ConversationState,
  createConversationState,
  type History,
  type SessionSettings,
} from '#src/conversation/machine/state.ts';
import { ConsentNotices } from '#src/conversation/mouth/consent-notices.ts';
import { type Mouth, SessionMouth } from '#src/conversation/mouth/mouth.ts';
import { PreemptiveBudget } from '#src/conversation/mouth/pending-answer.ts';
import {
  createSessionTools,
  type SessionTools,
} from '#src/conversation/tools/session-tools.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import {
  type ChannelNotices,
  createChannelNotices,
  reportGoneBotVoice,
  writeUnrecognisedNotice,
} from '#src/notices/channel-notices.ts';
import type { GuildNoticeQueue } from '#src/notices/guild-notice-queue.ts';
import { mayBeHeard } from '#src/people/audience.ts';
import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { LeaveOutcome } from '#src/ports/command-ports.ts';
import type { SessionFeatures } from '#src/ports/feature-session.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import { interpretedLanguagesSetting } from '#src/settings/channel-settings.ts';
import type { GuildChoices } from '#src/settings/guild-consents.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import { paidRoles } from '#src/spending/prices/prices.ts';
import { toInterpretedMode } from '#src/turn/addressing/addressing.ts';
import type { PauseHabits } from '#src/turn/endpointing/endpointing-delay.ts';
import { createUnaskedTurn, PromptAhead } from './answering/answer-request.ts';
import { AnswerRunner } from './answering/answer-runner.ts';
import { obeyWish } from './answering/spoken-wishes.ts';
import { ConversationLoop } from './conversation-loop.ts';
import { type Ear, type HearingDeps, SessionEar } from './ear/ear.ts';
import { NameEars } from './ear/name-listener.ts';
import { UnpaidSpeech } from './ear/unpaid-speech.ts';
import { AnnouncementRunner } from './mouth/announcement-runner.ts';
import { takeTracks } from './mouth/moved-tracks.ts';
import type {
  FeatureHost,
  FormerSession,
  OnceInSession,
  Session,
  SessionChannel,
} from './session.ts';
import type { SessionDependencies } from './session-dependencies.ts';
import { PendingConfirmations } from './tools/pending-confirmations.ts';
import { ToolCallRunner } from './tools/tool-call-runner.ts';

/** Decisions of a conversation that its voice session carries out. */
type SessionDecisions = {
  readonly endSession: (reason: LeaveReason) => void;
  readonly openConnection: () => void;
  readonly forgetPerson: (personId: PersonId) => void;
  readonly noteUnanswered: () => void;
};

type EffectRunnerDeps = {
  readonly answers: AnswerRunner;
  readonly announcements: AnnouncementRunner;
  readonly calls: ToolCallRunner;
  readonly decisions: SessionDecisions;
  readonly ear: Ear;
  readonly unpaidSpeech: UnpaidSpeech;
  readonly session: Session;
  readonly sessions: Pick<ConversationOptions['sessions'], 'denyAloud' | 'leave'>;
};

type InnerPerformers = {
  readonly [Kind in InnerEffect['do']]: (
    effect: EffectOf<Kind>,
  ) => InnerEvent | readonly InnerEvent[] | undefined;
};

type OuterPerformers = {
  readonly [Kind in OuterEffect['do']]: (effect: EffectOf<Kind>) => void;
};

/** Creates the performer of work of ear and mouth, which returns the facts that are known at once. */
function createInnerRunner(
  deps: EffectRunnerDeps,
): (effect: InnerEffect) => readonly InnerEvent[] {
  const { announcements, answers, ear, session } = deps;
  const { loop, mouth } = session;
  const performers: InnerPerformers = {
    overheard: ({ by, isMeant, what }) =>
      mouth.overhear(by, { kind: 'meaning', isMeant, what }),
    begin: (effect) => answers.beginAnswer(effect),
    play: (effect) => answers.playAnswer(effect),
    'finish-clause': ({ reply }) => mouth.replies.finishClause(reply),
    recognise({ pause, utterance }) {
      void ear.find(utterance)?.recognise(pause);
      return undefined;
    },
    'cancel-recognition'({ utterance }) {
      ear.find(utterance)?.cancelRecognition();
      return undefined;
    },
    'give-up'(effect) {
      answers.giveUpAnswer(effect);
      return undefined;
    },
    discard({ reply }) {
      answers.discardReply(reply);
      return undefined;
    },
    speak(effect) {
      announcements.speakAnnouncement(effect);
      return undefined;
    },
    cut({ reply }) {
      mouth.replies.cut(reply);
      return undefined;
    },
    fact(effect) {
      reportFact(effect, deps);
      return undefined;
    },
    cue({ cue }) {
      const { reply } = loop.state.turnQueue.current ?? {};
      void mouth.playCue(cue, mouth.replies.findAnswer(reply)?.pending.runningStep);
      return undefined;
    },
  };
  return (effect) => {
    const perform = performers[effect.do] as (
      effect: InnerEffect,
    ) => InnerEvent | readonly InnerEvent[] | undefined;
    return [perform(effect) ?? []].flat();
  };
}

/** Creates the performer of work that is not of ear or mouth. */
function createOuterRunner(deps: EffectRunnerDeps): (effect: OuterEffect) => void {
  const { calls, decisions, session, unpaidSpeech } = deps;
  const { mouth, notices, signal } = session;
  const performers: OuterPerformers = {
    run: (effect) => calls.runCall(effect),
    'stop-run': ({ run }) => calls.stopRun(run),
    result: (effect) => calls.deliverResult(effect),
    ask: (effect) => calls.askConfirmation(effect),
    'close-ask': ({ confirmation }) => calls.closeConfirmation(confirmation),
    report: (effect) => mouth.requests.reportOutcome(effect),
    notice: (effect) => postNotice(effect, session, decisions),
    obey: ({ by, wish }) => obeyWish(wish, by, session, deps.sessions),
    tell: ({ line, to }) =>
      to === undefined
        ? notices.post(line)
        : notices.notifyPerson(to, [line], signal, []),
    'tell-result': (effect) => calls.tellResult(effect),
    'tell-progress': ({ by, question }) =>
      mouth.sayProgress(calls.describeProgress(question), by),
    'tell-unpaid': ({ by }) => unpaidSpeech.tellSpeaker(by),
    'forget-person': ({ by }) => decisions.forgetPerson(by),
    end: ({ why: reason }) => decisions.endSession(reason),
    'open-link': () => decisions.openConnection(),
  };
  return (effect) => {
    const perform = performers[effect.do] as (effect: OuterEffect) => void;
    perform(effect);
  };
}

function postNotice(
  { error, line: notice }: EffectOf<'notice'>,
  {
    loop,
    notices,
    voiceChannel,
  }: {
    readonly loop: ConversationLoop;
    readonly notices: ChannelNotices;
    readonly voiceChannel: SessionChannel;
  },
  decisions: SessionDecisions,
) {
  if (notice === 'reconnecting') {
    notices.post(
      { id: 'panel.reconnecting' },
      () =>
        loop.state.session.connection.kind !== 'up' &&
        voiceChannel.listPeople().length > 0,
    );
  } else if (notice === 'unrecognised') {
    if (error instanceof BotError) writeUnrecognisedNotice(error, notices);
  } else decisions.noteUnanswered();
}

function reportFact(
  { fact }: EffectOf<'fact'>,
  { answers, ear, session }: EffectRunnerDeps,
) {
  if (fact.kind === 'utterance-over') ear.find(fact.utterance.id)?.close(fact);
  if (fact.kind === 'turn-over') answers.reportUnheardAnswer(fact.turn, fact.end);
  if (fact.kind !== 'dropped') return;
  const { by: speakerId, name, phase, why: reason } = fact;
  session.notices.reportEvent({
    kind: 'dropped',
    speakerId,
    name,
    why: reason,
    phase: admitLiteral(phase),
  });
}

/** The memory of a conversation that a later session in its channel takes up. */
export type EndedConversation = {
  readonly history: History;
  readonly answers: SessionAnswers;
};

/** Everything that a conversation begins with. */
export type ConversationOptions = {
  readonly channel: ChannelRef;
  readonly deps: SessionDependencies;
  readonly sharedDeps: {
    readonly hearing: HearingDeps;
    readonly listTools: () => readonly ToolEntry[];
    readonly features: {
      /** Opens the features of a session, which goes on with those of a former session. */
      createSession(session: FeatureHost, before: FormerSession): SessionFeatures;
    };
  };
  readonly settings: StoredSettings;
  readonly notices: Pick<GuildNoticeQueue, 'enqueue'>;
  readonly sessions: {
    readonly consents: {
      /** Gets the stored answers of a server's people, which may still be loading. */
      getChoices(guildId: GuildId): GuildChoices;
    };
    /** Takes a person's yes back, and says so aloud. */
    denyAloud(personId: PersonId, session: Session): void;
    /** Ends the session of a server. Resolves when the bot has left. */
    leave(guildId: GuildId): Promise<LeaveOutcome>;
  };
  /** A session that goes on here, with its history and the consents of its people. */
  readonly former?: Session | undefined;
  /** A seat of a former run. No greeting and no notice is repeated. */
  readonly seat?: SessionAnswers | undefined;
  /** The conversation of this channel that ended less than 15 minutes ago. */
  readonly endedConversation?: EndedConversation | undefined;
};

type SessionLink = {
  listPeople(): readonly ChannelMember[];
  /** Asks Discord for a participant's roles. */
  refreshPerson(personId: PersonId, signal: AbortSignal): Promise<void>;
};

/** The voice session that owns a conversation: its connection, and the work that is left to it. */
type SessionPort = SessionDecisions & {
  /** The connections of the session, one after the other. */
  readonly link: SessionLink;
  readonly maySpeak: () => boolean;
  readonly pauseHabits: PauseHabits;
  /** Called after each event of the conversation. */
  readonly onChange: () => void;
  readonly signal: AbortSignal;
};

/** A session with its runners, which work on the effects of its conversation. */
export type BuiltSession = {
  readonly session: Session;
  readonly answers: AnswerRunner;
  readonly calls: ToolCallRunner;
  readonly ear: Ear;
  readonly tools: SessionTools;
};

/** Builds a session. Nothing happens in it before its first event, but sounds of the former one may stay behind. */
export function buildSession(
  options: ConversationOptions,
  port: SessionPort,
): BuiltSession {
  const { channel, deps, former, sessions, settings, sharedDeps } = options;
  const { link, maySpeak, signal } = port;
  const tracks = takeTracks(channel, former, deps);
  const preemptiveBudget = new PreemptiveBudget();
  const getSettings = () =>
    getSessionSettings(options, {
      ...{ maySpeak: maySpeak(), people: link.listPeople(), preemptiveBudget, tracks },
    });
  const consentOptions = createConsentOptions(options, link);
  const loop = new ConversationLoop(
    deps,
    continueState(options, createConversationState(getSettings()), consentOptions),
  );
  const notices = createSessionNotices(options, signal, loop);
  const voiceChannel = createVoiceChannel(options, link, notices, loop);
  const consent = new SessionConsent(consentOptions, loop);
  const sent = new SentEnvelope();
  const mouth = new SessionMouth({
    ...{ deps, loop, notices, sent, tracks, voiceChannel },
    canSpeak: maySpeak,
  });
  const consentNotices = createConsentNotices(options, signal, {
    ...{ consent, notices, mouth, voiceChannel },
  });
  const confirmations = new PendingConfirmations(loop, deps.clock);
  const host: FeatureHost = {
    ...{ consent, consentNotices, loop, notices, signal, mouth, voiceChannel },
    tools: { confirmations },
  };
  const features = sharedDeps.features.createSession(host, {
    isReturned: options.seat !== undefined,
    former,
  });
  const session: Session = { ...host, features };
  const tools = createSessionTools(session, confirmations, deps, {
    allTools: sharedDeps.listTools,
    leaveChannel: () => sessions.leave(channel.guildId),
    refreshMember: (personId, memberSignal) =>
      link.refreshPerson(personId, memberSignal),
  });
  const unpaidSpeech = new UnpaidSpeech(session, deps);
  const ear = new SessionEar(session, {
    ...deps,
    nameEars: new NameEars(deps),
    unpaidSpeech,
    hearing: sharedDeps.hearing,
    pauseHabits: port.pauseHabits,
    sent,
    listVocabulary: () => settings.listWords(channel.guildId),
    createTurn: (utterance) => createUnaskedTurn(utterance, session, tools),
  });
  const calls = new ToolCallRunner(session, deps, tools);
  const answers = new AnswerRunner(
    session,
    { ...deps, calls, preemptiveBudget, tools },
    ear,
  );
  const promptAhead = new PromptAhead(session, deps, tools);
  const runnerDeps = {
    announcements: new AnnouncementRunner(session, deps),
    decisions: port,
    ...{ answers, calls, ear, session, sessions, unpaidSpeech },
  };
  loop.begin({
    getSettings,
    listPeople: () =>
      link.listPeople().map((member) => toParticipant(member, voiceChannel, consent)),
    getConsents: () => consent.storedConsents,
    onBug: (bug) => notices.reportFailure(bug, 'link'),
    performInner: createInnerRunner(runnerDeps),
    performOuter: createOuterRunner(runnerDeps),
    onChange() {
      ear.dropUnheld();
      promptAhead.update(loop.state);
      port.onChange();
    },
  });
  signal.addEventListener('abort', () => loop.stopTimerForGood(), { once: true });
  signal.addEventListener('abort', () => consent.stopTimerForGood(), { once: true });
  return { session, answers, calls, ear, tools };
}

function createSessionNotices(
  { channel, deps, notices: queue }: ConversationOptions,
  signal: AbortSignal,
  loop: ConversationLoop,
): ChannelNotices {
  const onTold = () => {
    if (!signal.aborted) loop.post({ kind: 'told' });
  };
  const channelNotices = createChannelNotices(
    channel,
    deps,
    (notice, isStillTrue = () => true, onPosted) =>
      queue.enqueue({
        channel,
        line: notice,
        isStillTrue: () => !signal.aborted && isStillTrue(),
        onPosted: () => {
          onTold();
          onPosted?.();
        },
      }),
  );
  return {
    ...channelNotices,
    notifyPerson(...notification) {
      onTold();
      channelNotices.notifyPerson(...notification);
    },
    async tellPeople(...notification) {
      const isTaken = await channelNotices.tellPeople(...notification);
      if (isTaken) onTold();
      return isTaken;
    },
  };
}

function createConsentOptions(
  { channel, deps, seat, sessions, settings }: ConversationOptions,
  link: SessionLink,
): SessionConsentOptions {
  const { channelId, guildId } = channel;
  const listPeople = () => link.listPeople();
  return {
    channelId,
    clock: deps.clock,
    listPeople,
    isReturned: seat !== undefined,
    getRules: () => settings.getForGuild(guildId).consent,
    isAdmitted: createAdmissionCheck(guildId, listPeople, deps, settings),
    choices: sessions.consents.getChoices(guildId),
    isLoaded: () => settings.isLoaded(guildId),
  };
}

function createConsentNotices(
  { channel: { guildId }, deps, former, settings }: ConversationOptions,
  signal: AbortSignal,
  {
    consent,
    notices,
    mouth,
    voiceChannel,
  }: {
    readonly consent: SessionConsent;
    readonly notices: ChannelNotices;
    readonly mouth: Mouth;
    readonly voiceChannel: SessionChannel;
  },
) {
  const { requests } = mouth;
  return new ConsentNotices(
    {
      ...{ consent, notices, requests, signal },
      clock: deps.clock,
      listPeople: voiceChannel.listPeople,
      getRoleName() {
        const { roleId } = settings.getForGuild(guildId).consent;
        const roleIds = roleId === undefined ? [] : [roleId];
        return deps.places.listRoleNames(guildId, roleIds)[0] ?? '';
      },
    },
    former?.consentNotices,
  );
}

type SessionFacts = {
  readonly maySpeak: boolean;
  readonly people: readonly ChannelMember[];
  readonly preemptiveBudget: PreemptiveBudget;
  readonly tracks: NamedTracks;
};

function getSessionSettings(
  { channel, deps, settings, sharedDeps: { hearing } }: ConversationOptions,
  { maySpeak, people, preemptiveBudget, tracks }: SessionFacts,
): SessionSettings {
  const { channelId, guildId } = channel;
  const { addressing, getValue, leaveAfterMs, names } = settings.getForChannel(
    guildId,
    channelId,
  );
  // What people say to each other is then interpreted, and is no question. Nobody is interpreted to nobody.
  const isInterpreted =
    getValue(interpretedLanguagesSetting).length > 0 &&
    people.filter(({ isBot }) => !isBot).length > 1;
  const isFree = () =>
    paidRoles.length === deps.spending.getPrices(guildId).free.length;
  return {
    mode: maySpeak ? 'talk' : 'captions',
    names: [...new Set([deps.places.getBotName(guildId), ...names])],
    addressing: isInterpreted ? toInterpretedMode(addressing) : addressing,
    leaveAfterMs,
    isSparing: !preemptiveBudget.allows && !isFree(),
    trustsPartials: hearing.partialTrust.isTrusted,
    hasTrackSound: tracks.isAudible,
  };
}

function createVoiceChannel(
  options: ConversationOptions,
  link: SessionLink,
  notices: ChannelNotices,
  loop: ConversationLoop,
): SessionChannel {
  const { channel, deps, seat, settings: storedSettings } = options;
  const { guildId, channelId } = channel;
  const { peopleSettings } = deps;
  const formerPlace = options.former?.voiceChannel;
  const listPeople = () => link.listPeople();
  const getSettings = () => storedSettings.getForChannel(guildId, channelId);
  return {
    channel,
    getSettings,
    listPeople,
    languages: new SpeakerLanguages(
      { guildId, services: deps, settings: getSettings },
      formerPlace?.languages,
    ),
    getStyle() {
      const style = storedSettings.getStyle(guildId, channelId);
      const onGone = reportGoneBotVoice({ loop, notices }, getSettings);
      return { ...style, voice: { ...style.voice, onGone } };
    },
    findPerson: (personId) => listPeople().find(({ id }) => id === personId),
    getName: (personId) => findPersonName(loop.state, personId),
    getChoices: (personId) => peopleSettings.getCached(guildId, personId),
    loadChoices: (personId) => peopleSettings.loadSettings(guildId, personId),
    isFirst:
      formerPlace?.isFirst ?? createFirstTimes(seat ? ['greeted', 'small-model'] : []),
  };
}

function toParticipant(
  member: ChannelMember,
  { getChoices }: SessionChannel,
  consent: Pick<SessionConsent, 'getRights'>,
) {
  const { id, isBot, isDeaf = false, name } = member;
  const { answers = 'spoken' } = getChoices(id);
  return {
    id,
    name,
    isBot,
    isDeaf: isDeaf || answers !== 'spoken',
    ...consent.getRights(member),
  };
}

/** Returns true once for each event, and false for those of `earlier`, before a restart. */
function createFirstTimes(
  earlier: readonly OnceInSession[],
): SessionChannel['isFirst'] {
  const happened = new Set(earlier);
  return (event) => {
    const isFirst = !happened.has(event);
    happened.add(event);
    return isFirst;
  };
}

function continueState(
  {
    channel,
    deps,
    endedConversation,
    former: formerSession,
    seat,
  }: ConversationOptions,
  initialState: ConversationState,
  consentOptions: SessionConsentOptions,
): ConversationState {
  const formerChannel = formerSession?.voiceChannel.channel;
  const goesOn = formerChannel && mayBeHeard(formerChannel, channel, deps);
  const continued = formerSession
    ? goesOn && formerSession.loop.state
    : endedConversation;
  const { agreedIds: callers = [], isPaused = false } =
    formerSession?.consent.answers ?? seat ?? endedConversation?.answers ?? {};
  const { presence, notes, session } = formerSession?.loop.state ?? initialState;
  const storedConsents = readStoredConsents(consentOptions);
  const consent = { ...presence.consent, ...storedConsents, callers, isPaused };
  const { restrictions } = session; // A mute by a moderator outlives a move.
  return {
    ...initialState,
    session: { ...initialState.session, restrictions },
    presence: { ...initialState.presence, consent },
    history: (continued || initialState).history,
    notes: { ...initialState.notes, failures: notes.failures },
  };
}

function findPersonName(
  { presence, history, turns }: ConversationState,
  personId: PersonId,
) {
  const participant = presence.people.find(({ id }) => id === personId);
  const askedTurn = [...turns, ...history.exchanges].findLast(
    ({ by }) => by === personId,
  );
  return participant?.name ?? askedTurn?.name ?? 'Someone';
}
