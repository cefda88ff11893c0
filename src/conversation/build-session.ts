import { BotError } from '#src/base/errors.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import { admitLiteral } from '#src/base/logged-text.ts';
import { ConsentNotices } from '#src/conversation/consent/consent-notices.ts';
import {
  createAdmissionCheck,
  type SessionAnswers,
  SessionConsent,
} from '#src/conversation/consent/session-consent.ts';
import { SpeakerLanguages } from '#src/conversation/ear/speaker-languages.ts';
import type {
  ConversationEffect,
  EffectOf,
} from '#src/conversation/machine/effects.ts';
import {
  type ConversationState,
  createConversationState,
  type History,
  type SessionSettings,
} from '#src/conversation/machine/state.ts';
import {
  CurrentConnection,
  type HearingDeps,
  type ReconnectingConnection,
} from '#src/conversation/mouth/reconnecting-connection.ts';
import { SpeechPace } from '#src/conversation/mouth/speech-output.ts';
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
import type { LeaveOutcome } from '#src/ports/command-ports.ts';
import type { SessionFeatures } from '#src/ports/feature-session.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import type { GuildChoices } from '#src/settings/guild-consents.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import { PreemptiveBudget } from '#src/spending/budget-authority.ts';
import { paidRoles } from '#src/spending/prices/prices.ts';
import { createUnaskedTurn } from './answering/answer-request.ts';
import { AnswerRunner } from './answering/answer-runner.ts';
import { obeyWish } from './answering/spoken-wishes.ts';
import { ConversationLoop } from './conversation-loop.ts';
import { UtteranceRunner } from './ear/utterance-runner.ts';
import { AnnouncementRunner } from './mouth/announcement-runner.ts';
import { takeTracks } from './mouth/moved-tracks.ts';
import { SpeechRequests } from './mouth/speech-requests.ts';
import type {
  FormerSession,
  OnceInSession,
  Owners,
  Session,
  SessionChannel,
  SessionSpeech,
} from './session.ts';
import type { Deps, SessionDependencies } from './session-dependencies.ts';
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
  readonly cues: Deps<'cues'>['cues'];
  readonly decisions: SessionDecisions;
  readonly session: Session;
  readonly sessions: Pick<ConversationOptions['sessions'], 'denyAloud' | 'leave'>;
  readonly utterances: UtteranceRunner;
};

type Performers = {
  readonly [Kind in ConversationEffect['do']]: (effect: EffectOf<Kind>) => void;
};

function createEffectRunner(
  deps: EffectRunnerDeps,
): (effect: ConversationEffect) => void {
  const { answers, announcements, calls, cues, decisions, session, utterances } = deps;
  const { connection, requests } = session.speech;
  const performers: Performers = {
    listen: ({ utterance }) => utterances.startListening(utterance),
    recognise: ({ pause, utterance }) =>
      void utterances.requestTranscript(utterance, pause),
    'cancel-recognition': ({ utterance }) => utterances.cancelRecognition(utterance),
    endpoint: ({ text, utterance }) => utterances.giveEndpointingText(utterance, text),
    forget: ({ utterance }) => utterances.forgetRecording(utterance),
    overheard: ({ by, isMeant, what: meaning }) =>
      connection.now?.hearMeaning(by, meaning, isMeant),
    begin: (effect) => answers.beginAnswer(effect),
    play: (effect) => answers.playAnswer(effect),
    'give-up': (effect) => answers.giveUpAnswer(effect),
    discard: ({ reply }) => {
      answers.discardAnswer(reply);
      announcements.runningAnnouncements.discard(reply);
    },
    speak: (effect) => announcements.speakAnnouncement(effect),
    cut: ({ reply }) => {
      answers.runningAnswers.cut(reply);
      announcements.runningAnnouncements.cut(reply);
    },
    'finish-clause': ({ reply }) => {
      answers.runningAnswers.finishClause(reply);
      announcements.runningAnnouncements.finishClause(reply);
    },
    cue({ cue }) {
      if (cue === 'error') void connection.playCue(cues.error);
      else connection.now?.playWaitingCue(cue);
    },
    run: (effect) => calls.runCall(effect),
    'stop-run': ({ run }) => calls.stopRun(run),
    result: (effect) => calls.deliverResult(effect),
    ask: (effect) => calls.askConfirmation(effect),
    'close-ask': ({ confirmation }) => calls.closeConfirmation(confirmation),
    report: (effect) => requests.reportOutcome(effect),
    notice: (effect) => postNotice(effect, session, decisions),
    obey: ({ by, wish }) => obeyWish(wish, by, session, deps.sessions),
    'tell-unpaid': ({ by }) => utterances.unpaidSpeech.tellSpeaker(by),
    'forget-person': ({ by }) => decisions.forgetPerson(by),
    end: ({ why: reason }) => decisions.endSession(reason),
    fact: (effect) => reportFact(effect, deps),
    'open-link': () => decisions.openConnection(),
  };
  return (effect) => {
    const perform = performers[effect.do] as (effect: ConversationEffect) => void;
    perform(effect);
  };
}

function postNotice(
  { error, line: notice }: EffectOf<'notice'>,
  { loop, notices, voiceChannel }: Owners<'loop' | 'notices' | 'voiceChannel'>,
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
  { answers, session, utterances }: EffectRunnerDeps,
) {
  if (fact.kind === 'utterance-over') utterances.endRecording(fact);
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
      createSession(session: Session, before: FormerSession): SessionFeatures;
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

/** The voice session that owns a conversation: its connection, and the work that is left to it. */
type SessionPort = SessionDecisions & {
  readonly link: ReconnectingConnection;
  readonly maySpeak: () => boolean;
  /** Called after each event of the conversation. */
  readonly onChange: () => void;
  readonly signal: AbortSignal;
};

/** A session with its runners, which work on the effects of its conversation. */
export type BuiltSession = {
  readonly session: Session;
  readonly answers: AnswerRunner;
  readonly calls: ToolCallRunner;
  readonly tools: SessionTools;
  readonly utterances: UtteranceRunner;
};

/** Builds a session. Nothing happens in it before its first event, but sounds of the former one may stay behind. */
export function buildSession(
  options: ConversationOptions,
  port: SessionPort,
): BuiltSession {
  const { channel, deps, sessions, settings } = options;
  const { link, signal } = port;
  const notices = createSessionNotices(options, signal, () => {
    if (!signal.aborted) loop.post({ kind: 'told' });
  });
  const voiceChannel = createPlace(
    options,
    () => link.listPeople(),
    notices,
    () => loop,
  );
  const consent = createConsent(options, link, () => loop);
  const preemptiveBudget = new PreemptiveBudget();
  const connection = new CurrentConnection();
  const tracks = takeTracks(channel, options.former, deps);
  const mix = { tracks, isPassedOn: false };
  const loop = createLoop(options, port, {
    connection,
    consent,
    getSettings: () =>
      getSessionSettings(options, {
        voiceChannel,
        maySpeak: port.maySpeak(),
        preemptiveBudget,
        mix,
      }),
    notices,
    performEffect: (effect) => performEffect(effect),
    voiceChannel,
  });
  const speech = createSpeech(options, port, { connection, loop, mix, notices });
  const session: Session = {
    voiceChannel,
    notices,
    speech,
    consent,
    loop,
    signal,
    consentNotices: new ConsentNotices(
      {
        clock: deps.clock,
        consent,
        listPeople: voiceChannel.listPeople,
        getRoleName() {
          const { roleId } = settings.getForGuild(channel.guildId).consent;
          const roleIds = roleId === undefined ? [] : [roleId];
          return deps.places.listRoleNames(channel.guildId, roleIds)[0] ?? '';
        },
        notices,
        requests: speech.requests,
        signal,
      },
      options.former?.consentNotices,
    ),
    get tools() {
      return tools;
    },
    get features() {
      return features;
    },
  };
  const tools = createSessionTools(session, deps, {
    allTools: options.sharedDeps.listTools,
    leaveChannel: () => sessions.leave(channel.guildId),
    refreshMember: (personId, memberSignal) =>
      link.refreshPerson(personId, memberSignal),
  });
  const utterances = new UtteranceRunner(session, {
    ...deps,
    hearing: options.sharedDeps.hearing,
    listVocabulary: () => settings.listWords(channel.guildId),
    createTurn: (utterance) => createUnaskedTurn(utterance, session, tools),
  });
  const calls = new ToolCallRunner(session, deps, tools);
  const answerDeps = { ...deps, calls, preemptiveBudget, tools };
  const answers = new AnswerRunner(session, answerDeps, utterances);
  const performEffect = createEffectRunner({
    answers,
    announcements: new AnnouncementRunner(session, deps),
    calls,
    cues: deps.cues,
    decisions: port,
    session,
    sessions,
    utterances,
  });
  const features = options.sharedDeps.features.createSession(session, {
    isReturned: options.seat !== undefined,
    former: options.former,
  });
  return { session, answers, calls, tools, utterances };
}

type LoopDeps = Owners<'consent' | 'notices' | 'voiceChannel'> & {
  readonly connection: CurrentConnection;
  readonly getSettings: () => SessionSettings;
  readonly performEffect: (effect: ConversationEffect) => void;
};

/** Creates the loop of a conversation, which goes on with the state of a former one. */
function createLoop(
  options: ConversationOptions,
  { link, onChange, signal }: SessionPort,
  { connection, consent, getSettings, notices, performEffect, voiceChannel }: LoopDeps,
): ConversationLoop {
  const { deps } = options;
  const initialState = createConversationState(getSettings());
  const loop = new ConversationLoop(
    {
      clock: deps.clock,
      connection,
      decide: deps.decide,
      getSettings,
      listPeople: () =>
        link.listPeople().map((member) => toParticipant(member, voiceChannel, consent)),
      getConsents: () => consent.storedConsents,
      onBug: (error) => notices.reportFailure(error, 'link'),
      performEffect,
      onChange() {
        if (!loop.state.turnQueue.current) connection.now?.endWaitingCues();
        onChange();
      },
    },
    continueState(options, initialState, consent),
  );
  signal.addEventListener('abort', () => loop.stopTimerForGood(), { once: true });
  return loop;
}

function createSessionNotices(
  { channel, deps, notices: queue }: ConversationOptions,
  signal: AbortSignal,
  onTold: () => void,
): ChannelNotices {
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

/** Creates the consent of a session. `loop` is called only once it exists. */
function createConsent(
  { channel, deps, seat, sessions, settings }: ConversationOptions,
  link: ReconnectingConnection,
  loop: () => ConversationLoop,
) {
  const { channelId, guildId } = channel;
  return new SessionConsent({
    channelId,
    clock: deps.clock,
    listPeople: () => link.listPeople(),
    isReturned: seat !== undefined,
    getRules: () => settings.getForGuild(guildId).consent,
    isAdmitted: createAdmissionCheck(guildId, () => link.listPeople(), deps, settings),
    choices: sessions.consents.getChoices(guildId),
    isLoaded: () => settings.isLoaded(guildId),
    loop,
  });
}

function getSessionSettings(
  { channel, deps, sharedDeps: { hearing } }: ConversationOptions,
  {
    maySpeak,
    mix,
    preemptiveBudget,
    voiceChannel,
  }: {
    readonly maySpeak: boolean;
    readonly mix: SessionSpeech['mix'];
    readonly preemptiveBudget: PreemptiveBudget;
    readonly voiceChannel: SessionChannel;
  },
): SessionSettings {
  const { guildId } = channel;
  const { addressing, leaveAfterMs, names } = voiceChannel.getSettings();
  const isFree = () =>
    paidRoles.length === deps.spending.getPrices(guildId).free.length;
  return {
    mode: maySpeak ? 'talk' : 'captions',
    names: [...new Set([deps.places.getBotName(guildId), ...names])],
    addressing,
    leaveAfterMs,
    isSparing: !preemptiveBudget.allows && !isFree(),
    trustsPartials: hearing.partialTrust.isTrusted,
    hasTrackSound: mix.tracks.isAudible,
  };
}

function createSpeech(
  options: ConversationOptions,
  { maySpeak }: SessionPort,
  {
    connection,
    loop,
    mix,
    notices,
  }: {
    readonly connection: CurrentConnection;
    readonly loop: ConversationLoop;
    readonly mix: SessionSpeech['mix'];
    readonly notices: ChannelNotices;
  },
): SessionSpeech {
  const { channelId, guildId } = options.channel;
  const { clock, spending } = options.deps;
  return {
    requests: new SpeechRequests({
      loop,
      notices,
      clock,
      channelId,
      maySpeak: () => maySpeak() && !spending.findUsedBudget(guildId),
    }),
    connection,
    pace: new SpeechPace(),
    mix,
    canSpeak: maySpeak,
  };
}

/** Creates the place of a session. `loop` is called only once it exists. */
function createPlace(
  options: ConversationOptions,
  listPeople: SessionChannel['listPeople'],
  notices: ChannelNotices,
  loop: () => ConversationLoop,
): SessionChannel {
  const { channel, deps, seat, settings: storedSettings } = options;
  const { guildId, channelId } = channel;
  const { peopleSettings } = deps;
  const formerPlace = options.former?.voiceChannel;
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
      const onGone = reportGoneBotVoice({ loop: loop(), notices }, getSettings);
      return { ...style, voice: { ...style.voice, onGone } };
    },
    findPerson: (personId) => listPeople().find(({ id }) => id === personId),
    getName: (personId) => findPersonName(loop().state, personId),
    getChoices: (personId) => peopleSettings.getCached(guildId, personId),
    loadChoices: (personId) => peopleSettings.loadSettings(guildId, personId),
    isFirst: formerPlace?.isFirst ?? createFirstTimes(seat ? ['greeted'] : []),
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
  { storedConsents }: Pick<SessionConsent, 'storedConsents'>,
): ConversationState {
  const formerChannel = formerSession?.voiceChannel.channel;
  const goesOn = formerChannel && mayBeHeard(formerChannel, channel, deps);
  const continued = formerSession
    ? goesOn && formerSession.loop.state
    : endedConversation;
  const { agreedIds: callers = [], isPaused = false } =
    formerSession?.consent.answers ?? seat ?? endedConversation?.answers ?? {};
  const { presence, notes, session } = formerSession?.loop.state ?? initialState;
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
