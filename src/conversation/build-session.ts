import { BotError } from '#src/base/errors.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import {
  createAdmissionCheck,
  createSessionConsent,
  createUndecidedPeople,
  type SessionAnswers,
  type SessionConsent,
} from '#src/conversation/hearing/session-consent.ts';
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
import { createSessionTools } from '#src/conversation/tools/session-tools.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import {
  type ChannelNotices,
  createChannelNotices,
  reportGoneBotVoice,
  writeUnrecognisedNotice,
} from '#src/notices/channel-notices.ts';
import type { GuildNoticeQueue } from '#src/notices/guild-notice-queue.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type { LeaveOutcome } from '#src/ports/command-ports.ts';
import type { SessionFeatures } from '#src/ports/feature-session.ts';
import type { LeaveReason } from '#src/ports/session-events.ts';
import type { ChannelMember, ChannelRef } from '#src/ports/voice-link.ts';
import type { GuildChoices } from '#src/settings/guild-consents.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import { createPreemptiveBudget } from '#src/spending/budget-authority.ts';
import { paidRoles } from '#src/spending/prices/prices.ts';
import {
  CurrentConnection,
  type HearingDeps,
  type ReconnectingConnection,
} from '#src/voice/connection/reconnecting-connection.ts';
import { SpeakerLanguages } from '#src/voice/hearing/speaker-languages.ts';
import { SpeechPace } from '#src/voice/output/speech-output.ts';
import { createUnaskedTurn } from './answering/answer-request.ts';
import { AnswerRunner } from './answering/answer-runner.ts';
import { ConversationLoop } from './conversation-loop.ts';
import { UtteranceRunner } from './hearing/utterance-runner.ts';
import {
  type AnnouncementRunner,
  createAnnouncementRunner,
} from './output/announcement-runner.ts';
import { pauseHearingAloud } from './output/answer-delivery.ts';
import type {
  FormerSession,
  OnceInSession,
  Owners,
  Session,
  SessionPlace,
} from './session.ts';
import type { Deps, SessionDependencies } from './session-dependencies.ts';
import { SpeechRequests } from './speech-requests.ts';
import { ToolCallRunner } from './tools/tool-call-runner.ts';

type SessionDecisions = {
  readonly endSession: (why: LeaveReason) => void;
  readonly openConnection: () => void;
  readonly forgetPerson: (personId: PersonId) => void;
  readonly noteUnanswered: () => void;
};

type EffectRunnerDeps = {
  readonly answers: AnswerRunner;
  readonly deps: Deps<'cues'>;
  readonly readings: AnnouncementRunner;
  readonly session: Session;
  readonly sessions: Pick<ConversationOptions['sessions'], 'denyAloud'>;
  readonly source: SessionDecisions;
  readonly calls: ToolCallRunner;
  readonly utterances: UtteranceRunner;
};

type Performers = {
  readonly [Kind in ConversationEffect['do']]: (effect: EffectOf<Kind>) => void;
};

function createEffectRunner(
  parts: EffectRunnerDeps,
): (effect: ConversationEffect) => void {
  const { answers, calls, deps, readings, session, sessions, source, utterances } =
    parts;
  const { connection, requests } = session.speech;
  const performers: Performers = {
    listen: ({ utterance }) => utterances.startListening(utterance),
    recognise: ({ pause, utterance }) =>
      void utterances.requestTranscript(utterance, pause),
    'cancel-recognition': ({ utterance }) => utterances.cancelRecognition(utterance),
    endpoint: ({ text, utterance }) => utterances.giveEndpointingText(utterance, text),
    forget: ({ utterance }) => utterances.forgetRecording(utterance),
    overheard: ({ by, isMeant, what }) =>
      connection.now?.hearMeaning(by, what, isMeant),
    begin: (effect) => answers.beginAnswer(effect),
    play: (effect) => answers.playAnswer(effect),
    'give-up': (effect) => answers.giveUpAnswer(effect),
    discard: ({ reply }) => {
      answers.discardAnswer(reply);
      readings.running.discard(reply);
    },
    speak: (effect) => readings.speakAnnouncement(effect),
    cut: ({ reply }) => {
      answers.running.cut(reply);
      readings.running.cut(reply);
    },
    'finish-clause': ({ reply }) => {
      answers.running.finishClause(reply);
      readings.running.finishClause(reply);
    },
    cue({ cue }) {
      if (cue === 'error') void connection.playCue(deps.cues.error);
      else connection.now?.playWaitingCue(cue);
    },
    run: (effect) => calls.runCall(effect),
    'stop-run': ({ run }) => calls.stopRun(run),
    result: (effect) => calls.deliverResult(effect),
    ask: (effect) => calls.askConfirmation(effect),
    'close-ask': ({ confirmation }) => calls.closeConfirmation(confirmation),
    report: (effect) => requests.reportOutcome(effect),
    notice: (effect) => postNotice(effect, session, source),
    obey({ by, command }) {
      if (command === 'pauseHearing') pauseHearingAloud(by, session);
      else sessions.denyAloud(by, session);
    },
    'forget-person': ({ by }) => source.forgetPerson(by),
    end: ({ why }) => source.endSession(why),
    fact: (effect) => reportFact(effect, parts),
    'open-link': () => source.openConnection(),
  };
  return (effect) => {
    const perform = performers[effect.do] as (effect: ConversationEffect) => void;
    perform(effect);
  };
}

function postNotice(
  { error, line }: EffectOf<'notice'>,
  { loop, notices, place }: Owners<'loop' | 'notices' | 'place'>,
  source: SessionDecisions,
) {
  if (line === 'reconnecting') {
    notices.post(
      { id: 'panel.reconnecting' },
      () =>
        loop.state.session.connection.kind !== 'up' && place.listPeople().length > 0,
    );
  } else if (line === 'unrecognised') {
    if (error instanceof BotError) writeUnrecognisedNotice(error, notices);
  } else source.noteUnanswered();
}

function reportFact(
  { fact }: EffectOf<'fact'>,
  { answers, session, utterances }: EffectRunnerDeps,
) {
  if (fact.kind === 'utterance-over') utterances.endRecording(fact);
  if (fact.kind === 'turn-over') answers.reportUnheardAnswer(fact.turn, fact.end);
  if (fact.kind !== 'dropped') return;
  const { by: speakerId, name, phase, why } = fact;
  session.notices.reportEvent({ kind: 'dropped', speakerId, name, why, phase });
}

export type EndedConversation = {
  readonly history: History;
  readonly answers: SessionAnswers;
};

export type ConversationOptions = {
  readonly channel: ChannelRef;
  readonly deps: SessionDependencies;
  readonly sources: {
    readonly hearing: HearingDeps;
    readonly listTools: () => readonly ToolEntry[];
    readonly features: {
      createSession(session: Session, before: FormerSession): SessionFeatures;
    };
  };
  readonly settings: StoredSettings;
  readonly notices: Pick<GuildNoticeQueue, 'enqueue'>;
  readonly sessions: {
    readonly consents: { getChoices(guildId: GuildId): GuildChoices };
    denyAloud(personId: PersonId, session: Session): void;
    leave(guildId: GuildId): Promise<LeaveOutcome>;
  };
  /** A session that goes on here, with its history and the consents of its people. */
  readonly former?: Session | undefined;
  /** A seat of a former run. No greeting and no notice is repeated. */
  readonly seat?: SessionAnswers | undefined;
  /** The conversation of this channel that ended less than 15 minutes ago. */
  readonly endedConversation?: EndedConversation | undefined;
};

type SessionSource = SessionDecisions & {
  readonly link: ReconnectingConnection;
  readonly maySpeak: () => boolean;
  readonly changed: () => void;
  readonly signal: AbortSignal;
};

export function buildSession(options: ConversationOptions, source: SessionSource) {
  const { channel, deps, former, notices: queue, seat, sessions, settings } = options;
  const { features: all, hearing, listTools: allTools } = options.sources;
  const { link, maySpeak, signal } = source;
  const { guildId, channelId } = channel;
  const { clock, spending } = deps;
  const notices = createChannelNotices(
    channel,
    deps,
    (line, holds = () => true, onPosted) =>
      queue.enqueue({
        channel,
        line,
        isStillTrue: () => !signal.aborted && holds(),
        onPosted,
      }),
  );
  const place = createPlace(options, link.listPeople, notices, () => loop);
  const consent = createSessionConsent({
    getRules: () => settings.getCurrentConsent(guildId),
    isAdmitted: createAdmissionCheck(guildId, link.listPeople, deps, settings),
    choices: sessions.consents.getChoices(guildId),
    isLoaded: () => settings.isLoaded(guildId),
    loop: () => loop,
  });
  const preemptiveBudget = createPreemptiveBudget();
  const isFree = () =>
    paidRoles.length === deps.spending.getPrices(guildId).free.length;
  const currentSettings = (): SessionSettings => ({
    mode: maySpeak() ? 'talk' : 'captions',
    names: [
      ...new Set([deps.places.getBotName(guildId), ...place.getSettings().names]),
    ],
    addressing: place.getSettings().addressing,
    leaveAfterMs: place.getSettings().leaveAfterMs,
    isSparing: !preemptiveBudget.allows && !isFree(),
    trustsPartials: hearing.partialTrust.isTrusted,
  });
  const connection = new CurrentConnection();
  const loopDeps = {
    clock,
    connection,
    decide: deps.decide,
    settings: currentSettings,
    people: () => link.listPeople().map((one) => toParticipant(one, place, consent)),
    consents: () => consent.storedConsents,
    onBug: (error: unknown) => notices.reportFailure(error, 'link'),
    perform: (effect: ConversationEffect) => perform(effect),
    changed() {
      if (!loop.state.turnQueue.current) connection.now?.endWaitingCues();
      source.changed();
    },
  };
  const start = createConversationState(currentSettings());
  const loop = new ConversationLoop(loopDeps, continueState(options, start, consent));
  signal.addEventListener('abort', () => loop.stopTimerForGood(), { once: true });
  const speech = {
    requests: new SpeechRequests({
      loop,
      notices,
      clock,
      channelId,
      maySpeak: () => maySpeak() && !spending.findUsedBudget(guildId),
    }),
    connection,
    pace: new SpeechPace(),
    mix: {
      tracks: former?.speech.mix.tracks ?? new NamedTracks(clock),
      isPassedOn: false,
    },
    canSpeak: maySpeak,
  };
  const session = {
    place,
    notices,
    speech,
    consent,
    loop,
    signal,
    undecided: createUndecidedPeople(
      { ...place, consent, notices, signal },
      former?.undecided,
    ),
    get tools() {
      return tools;
    },
    get features() {
      return features;
    },
  };
  const tools = createSessionTools(session, deps, {
    allTools,
    leave: () => sessions.leave(guildId),
    refresh: (personId, until) => link.refreshPerson(personId, until),
  });
  const vocabulary = () => settings.listWords(guildId);
  const utterances = new UtteranceRunner(session, {
    ...deps,
    hearing,
    vocabulary,
    createTurn: (said) => createUnaskedTurn(said, session, tools),
  });
  const calls = new ToolCallRunner(session, deps, tools);
  const answerDeps = { ...deps, calls, preemptiveBudget, tools };
  const answers = new AnswerRunner(session, answerDeps, utterances);
  const runners = {
    answers,
    calls,
    readings: createAnnouncementRunner(session, deps),
    utterances,
  };
  const perform = createEffectRunner({ ...runners, deps, session, sessions, source });
  const features = all.createSession(session, {
    isReturned: seat !== undefined,
    former,
  });
  return { session, answers, calls, tools, utterances };
}

/** `loop` is called only once it exists. */
function createPlace(
  { channel, deps, former, seat, settings: stored }: ConversationOptions,
  listPeople: SessionPlace['listPeople'],
  notices: ChannelNotices,
  loop: () => ConversationLoop,
): SessionPlace {
  const { guildId, channelId } = channel;
  const { peopleSettings } = deps;
  const getSettings = () => stored.getForChannel(guildId, channelId);
  const sources = { guildId, services: deps, settings: getSettings };
  return {
    channel,
    getSettings,
    listPeople,
    languages: new SpeakerLanguages(sources, former?.place.languages),
    getStyle() {
      const style = stored.getStyle(guildId, channelId);
      const onGone = reportGoneBotVoice({ loop: loop(), notices }, getSettings);
      return { ...style, voice: { ...style.voice, onGone } };
    },
    findPerson: (personId) => listPeople().find(({ id }) => id === personId),
    getName: (personId) => findPersonName(loop().state, personId),
    getChoices: (personId) => peopleSettings.getCached(guildId, personId),
    loadChoices: (personId) => peopleSettings.loadSettings(guildId, personId),
    isFirst: former?.place.isFirst ?? createFirstTimes(seat ? ['greeted'] : []),
  };
}

function toParticipant(
  member: ChannelMember,
  { getChoices }: SessionPlace,
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

/** Returns true once for each event, and false for those of `past`, before a restart. */
function createFirstTimes(past: readonly OnceInSession[]): SessionPlace['isFirst'] {
  const done = new Set(past);
  return (what) => {
    const isFirst = !done.has(what);
    done.add(what);
    return isFirst;
  };
}

function continueState(
  { channel, deps, endedConversation, former, seat }: ConversationOptions,
  start: ConversationState,
  { storedConsents }: Pick<SessionConsent, 'storedConsents'>,
) {
  const from = former?.place.channel;
  const goesOn =
    from?.channelId === channel.channelId ||
    (from && deps.places.isNoWider(channel, from));
  const past = former ? goesOn && former.loop.state : endedConversation;
  const { agreedIds: callers = [], isPaused = false } =
    former?.consent.answers ?? seat ?? endedConversation?.answers ?? {};
  const { presence, notes, session } = former?.loop.state ?? start;
  const consent = { ...presence.consent, ...storedConsents, callers, isPaused };
  const { restrictions } = session; // A mute by a moderator outlives a move.
  return {
    ...start,
    session: { ...start.session, restrictions },
    presence: { ...start.presence, consent },
    history: (past || start).history,
    notes: { ...start.notes, failures: notes.failures },
  };
}

function findPersonName(
  { presence, history, turns }: ConversationState,
  personId: PersonId,
) {
  const here = presence.people.find(({ id }) => id === personId);
  const asked = [...turns, ...history.exchanges].findLast(({ by }) => by === personId);
  return here?.name ?? asked?.name ?? 'Someone';
}
