import { withTimeout } from '#src/base/bounded-wait.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import {
  listExchanges,
  toChatMessages,
} from '#src/conversation/answering/answer-request.ts';
import type { HistoryExchange, TurnEnd } from '#src/conversation/machine/state.ts';
import type { QueuedQuestion, SayPlace } from '#src/conversation/queued-speech.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { withToolRules } from '#src/conversation/tools/session-tools.ts';
import type { ServerToolPorts, ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import {
  tooMuchAtOnce,
  type WrittenAnswerConcurrency,
} from '#src/features/contract/written-answer-concurrency.ts';
import type { MemoryPorts } from '#src/features/memories/memories-feature.ts';
import {
  filterUsableMemories,
  formatMemoryContext,
  memorySetting,
} from '#src/features/memories/usable-memories.ts';
import type { RunningTracks } from '#src/features/tracks/session-tracks.ts';
import type { TextOwner } from '#src/people/confidential-text.ts';
import {
  choosePipeline,
  type PipelineName,
  type TurnUtterance,
} from '#src/pipeline/pipeline.ts';
import type {
  AnswerForm,
  Asker,
  AskOutcome,
  QuestionSubject,
  SpokenManner,
} from '#src/ports/command-ports.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';
import { SpeakerLanguages } from '#src/voice/hearing/speaker-languages.ts';
import {
  type QuestionFiles,
  readOrFault,
  toPictureFault,
  toUtterances,
} from './question-utterances.ts';
import { type SayOptions, type SayOutcome, sayInSession } from './say-text.ts';
import { answerUnspoken, type OwnedQuestion } from './unspoken-answer.ts';
import {
  createWrittenTools,
  type PromptWords,
  type WrittenTools,
} from './written-tools.ts';

/** Later the answer is heard without being shown. */
const maxAloudWaitMs = 50_000;

const nowhereOutcome = { kind: 'nowhere' } as const;
const captionsOnlyOutcome: AskOutcome = {
  kind: 'failed',
  line: { id: 'captions.only' },
};
const lateOutcome: AskOutcome = { kind: 'failed', line: { id: 'ask.late' } };

export type TypedRequestNeeds = MemoryPorts & RunningTracks;

export type TypedRequestDeps = TypedRequestNeeds & {
  readonly deps: SessionDependencies;
  readonly sessions: ServerSessions;
  readonly recordings: Recordings;
  readonly tools: () => readonly ToolEntry[];
  readonly writtenQuestions: WrittenAnswerConcurrency;
  readonly longestWritingMs: number;
  readonly ending: AbortSignal;
};

type TypedQuestion = {
  readonly guildId: GuildId;
  readonly question: string;
  readonly asker: Asker;
  readonly about: QuestionSubject;
};

export class TypedRequests {
  readonly #services;

  constructor(services: TypedRequestDeps) {
    this.#services = services;
  }

  #findSession(guildId: GuildId) {
    return this.#services.sessions.findSession(guildId);
  }

  /** Says a text of 1,000 characters at most. `now` precedes waiting texts. */
  async sayText(
    guildId: GuildId,
    words: string,
    when: SayPlace,
    how: SayOptions = {},
  ): Promise<SayOutcome> {
    const { deps, sessionTracks: tracks } = this.#services;
    const session = this.#findSession(guildId);
    if (!session) return nowhereOutcome;
    return sayInSession(session, words, when, how, { ...deps, tracks });
  }

  /**
   * Answers a question. A spoken one waits 50 s at most, and a written one needs no
   * session.
   */
  async askQuestion(
    guildId: GuildId,
    question: string,
    asker: Asker,
    answer: AnswerForm,
    about: QuestionSubject = {},
  ): Promise<AskOutcome> {
    const { ending, writtenQuestions } = this.#services;
    const asked = { guildId, question, asker, about };
    if (answer === 'voice') {
      const session = this.#findSession(guildId);
      if (!session) return nowhereOutcome;
      return session.speech.canSpeak()
        ? await this.#answerAloud(asked, ending)
        : captionsOnlyOutcome;
    }
    using place = writtenQuestions.enter(guildId, asker.id);
    if (!place) return tooMuchAtOnce;
    const over = new AbortController();
    try {
      return await this.#answerInWriting(asked, AbortSignal.any([ending, over.signal]));
    } finally {
      over.abort(new Error('the answer is over'));
    }
  }

  openAskWindow(guildId: GuildId, personId: PersonId): void {
    this.#findSession(guildId)?.loop.post({ kind: 'opened-window', by: personId });
  }

  /** Silences the bot within two frames, and drops waiting questions and sounds. */
  stopSpeaking(guildId: GuildId): 'stopped' | 'nothing' {
    return this.#findSession(guildId)?.speech.requests.stopEverything()
      ? 'stopped'
      : 'nothing';
  }

  /** Loads the languages of the asker, also without a session. */
  async #getLanguages({ asker, guildId }: TypedQuestion): Promise<SpeakerLanguages> {
    const { deps, sessions } = this.#services;
    await deps.peopleSettings.loadSettings(guildId, asker.id);
    const session = sessions.findSession(guildId);
    const settings = () => sessions.settings.getForGuild(guildId);
    return (
      session?.place.languages ??
      new SpeakerLanguages({ guildId, services: deps, settings })
    );
  }

  async #readFiles(
    asked: TypedQuestion,
    signal: AbortSignal,
  ): Promise<QuestionFiles | { readonly kind: 'failed'; readonly line: TextLine }> {
    const { deps, recordings } = this.#services;
    const { about, asker, guildId } = asked;
    const { pictures: sent, sentBy, recording } = about;
    const pictures =
      sent &&
      (await readOrFault(recordings.readPictures(guildId, sent, signal), signal));
    if (pictures && 'line' in pictures)
      return { kind: 'failed', line: toPictureFault(pictures.line) };
    if (!recording) return { pictures };
    const spoken = (await this.#getLanguages(asked)).findHint(asker.id);
    const listening = deps.spending.openRecordingBudget(guildId, asker.id);
    if ('line' in listening) return { kind: 'failed', line: listening.line };
    const language = sentBy === undefined ? spoken : undefined;
    const transcriber = withTranscriptionOptions(
      deps.transcriber.withReservation(listening.reservation),
      {
        language,
      },
    );
    const pcm = await readOrFault(recordings.read(guildId, recording, signal), signal);
    if ('line' in pcm) return { kind: 'failed', line: pcm.line };
    return { pictures, sound: { pcm, transcriber } };
  }

  async #answerAloud(asked: TypedQuestion, ending: AbortSignal): Promise<AskOutcome> {
    const { about, asker, guildId, question } = asked;
    const { longestMs = maxAloudWaitMs, signal } = about;
    const { clock } = this.#services.deps;
    const untilMs = clock.nowMs() + longestMs;
    const until = AbortSignal.any([ending, signal ?? ending]);
    // Only files need time, so a text alone is queued at once.
    const hasFiles = (about.pictures ?? about.recording) !== undefined;
    const files = hasFiles ? await this.#readFiles(asked, until) : {};
    if ('line' in files) return files;
    const atMs = clock.nowMs();
    const said = toUtterances({ ...asked, ...files, atMs }, until);
    const session = this.#findSession(guildId);
    if (!session) return nowhereOutcome;
    const answered = Promise.withResolvers<AskOutcome>();
    session.speech.requests.askQuestion(
      toQueuedQuestion(said, question, atMs, {
        manner: toPipelineManner(session.place.getSettings().pipeline, about),
        signal,
        onOutcome: answered.resolve,
        onOver: (why) => answered.resolve(toDroppedOutcome(why)),
      }),
    );
    const follow = () => session.loop.post({ kind: 'opened-window', by: asker.id });
    follow();
    void answered.promise.then(follow);
    return await withTimeout(
      answered.promise,
      untilMs - atMs,
      clock,
      () => new Error('late'),
    ).catch(() => lateOutcome);
  }

  async #answerInWriting(
    asked: TypedQuestion,
    ending: AbortSignal,
  ): Promise<AskOutcome> {
    const { longestWritingMs, deps } = this.#services;
    const { longestMs = longestWritingMs, signal = ending } = asked.about;
    const until = AbortSignal.any([ending, signal]);
    const untilMs = deps.clock.nowMs() + longestMs;
    const files = await this.#readFiles(asked, until);
    if ('line' in files) return files;
    const atMs = deps.clock.nowMs();
    const said = toUtterances({ ...asked, ...files, atMs }, until);
    const owned = await this.#toOwnedQuestion(asked, said);
    return await answerUnspoken(owned, deps, untilMs - atMs, until);
  }

  async #toOwnedQuestion(
    asked: TypedQuestion,
    said: readonly TurnUtterance[],
  ): Promise<OwnedQuestion> {
    const { deps, sessions } = this.#services;
    const { about, asker, guildId } = asked;
    const { settings } = sessions;
    const session = sessions.findSession(guildId);
    const { exchanges, owner } = findKnownExchanges(asker, session, about);
    await settings.loadGuild(guildId);
    const remembered = await this.#listMemories(asked);
    const history = [...toChatMessages(exchanges), ...remembered];
    const language = (await this.#getLanguages(asked)).createAnswerLanguage(asker.id);
    const channelId = session?.channel.channelId;
    const usual = settings.getStyle(guildId, channelId);
    const { persona, pipeline: chosen } = settings.getForChannel(guildId, channelId);
    const name = choosePipeline(said, chosen);
    const hasPersona = (persona?.name ?? persona?.instructions) !== undefined;
    const hasOthers = remembered.length > 0 || hasPersona;
    const tools = await this.#createTools(asked, {
      said,
      earlier: exchanges,
      hasOthers,
    });
    const { offered } = tools;
    const style = withToolRules(usual, { doneCalls: [], offered });
    const turn = { utterances: said, style, history, tools: offered, language };
    // The answer of the audio model is written.
    const isHeard = about.recording && name === 'audio-model';
    const pipeline = isHeard ? deps.pipelines.open(name) : deps.pipelines.textOnly();
    return { guildId, owner, isWritten: true, turn, tools, pipeline };
  }

  /** Creates tools for an answer. A program gets none. */
  async #createTools(
    { about, asker: { id, isProgram, name }, guildId }: TypedQuestion,
    shown: PromptWords,
  ): Promise<WrittenTools> {
    const { deps, tools } = this.#services;
    const { placeId, askedInId: channelId = placeId } = about;
    const session = this.#findSession(guildId);
    const usual =
      session?.tools.createPorts(id) ?? (await this.#createPortsOutside(guildId, id));
    const others = usual.listPeople().filter((one) => one.id !== id);
    const asker = { id, name, isBot: false, roleIds: [] };
    const place =
      channelId === undefined ? undefined : { guildId, channelId, name: channelId };
    return createWrittenTools(isProgram ? [] : tools(), {
      asker,
      session,
      isOpen: placeId !== undefined,
      deps,
      ports: { ...usual, place, listPeople: () => [...others, asker] },
      shown,
    });
  }

  /** Creates ports without a session, by stored answers about consent. */
  async #createPortsOutside(
    guildId: GuildId,
    id: string,
  ): Promise<Omit<ServerToolPorts, 'place'>> {
    const { deps, sessions } = this.#services;
    const choices = await sessions.consents.loadChoices(guildId);
    const getSettings = () => sessions.settings.getForGuild(guildId);
    return {
      askerId: id,
      clock: deps.clock,
      guildId,
      getSettings,
      listPeople: () => [],
      hasAgreed: async (personId) => choices.findConsent(personId)?.kind === 'always',
      isAllowed: async (right) => right === 'anyone',
    };
  }

  /** Lists memories for the prompt. A program gets none. */
  async #listMemories({
    asker,
    guildId,
  }: TypedQuestion): Promise<readonly ChatMessage[]> {
    const { memories, sessions } = this.#services;
    const { getValue, timeZone } = sessions.settings.getForGuild(guildId);
    if (!getValue(memorySetting) || asker.isProgram) return [];
    const consent = sessions.findSession(guildId)?.consent;
    const loaded = consent
      ? memories.getCached(guildId)
      : ((await memories.loadMemories(guildId)) ?? []);
    const usable = consent
      ? filterUsableMemories(loaded, asker.id, consent)
      : loaded.filter(
          ({ byId, aboutId }) => byId === asker.id && aboutId === undefined,
        );
    const content = formatMemoryContext(usable, timeZone);
    return content === undefined ? [] : [{ role: 'user', name: '', content }];
  }
}

/** Limits the manner of speaking to the options of a pipeline. */
function toPipelineManner(
  pipeline: PipelineName,
  { manner }: QuestionSubject,
): SpokenManner | undefined {
  // Another voice would restart a Realtime conversation.
  return pipeline === 'realtime' && manner ? { speed: manner.speed } : manner;
}

/** Finds earlier exchanges that the asker may know. */
function findKnownExchanges(
  { id }: Asker,
  session: Pick<VoiceSession, 'channel' | 'consent' | 'isHere' | 'loop'> | undefined,
  { placeId, sentBy }: QuestionSubject,
): { readonly exchanges: readonly HistoryExchange[]; readonly owner: TextOwner } {
  const { channelId } = session?.channel ?? {};
  const isThere =
    sentBy === undefined && (placeId === undefined || placeId === channelId);
  if (!session?.isHere(id) || !isThere || channelId === undefined)
    // Words of strangers could have the model tell them.
    return { exchanges: [], owner: 'given' };
  const exchanges = listExchanges(id, session);
  return { exchanges, owner: exchanges.length === 0 ? 'given' : { channelId } };
}

function toQueuedQuestion(
  all: readonly TurnUtterance[],
  text: string,
  atMs: number,
  how: Pick<QueuedQuestion, 'manner' | 'onOver' | 'onOutcome' | 'signal'>,
): QueuedQuestion {
  const known = all.map((one): TurnUtterance => {
    if (!one.isRecording) return one;
    const transcript = async () => {
      const words = await one.transcript();
      question.transcript = { text: `${text} (${words.text})`.trim(), atMs };
      return words;
    };
    return { ...one, transcript };
  });
  const utterance = known.at(-1);
  if (!utterance) throw new Error('A typed question holds no utterance.');
  const question: QueuedQuestion = {
    utterance,
    earlierUtterances: known.slice(0, -1),
    endedAtMs: atMs,
    transcript: { text, atMs },
    ...how,
  };
  return question;
}

function toDroppedOutcome(outcome: TurnEnd): AskOutcome {
  if (outcome === 'left') return nowhereOutcome;
  const id = droppedTexts[outcome];
  return {
    kind: 'failed',
    line: id ? { id } : { id: 'generic', with: { code: 'bug' } },
  };
}

/** A privately answered question ends here as if it was taken back. */
const droppedTexts: Partial<Readonly<Record<TurnEnd, PlainTextId>>> = {
  stopped: 'stop.ok',
  skipped: 'stop.ok',
  withdrawn: 'stop.ok',
  interrupted: 'stop.ok',
  crowded: 'ask.dropped',
  late: 'ask.dropped',
  muted: 'muted.server',
  ending: 'seat.stopped',
  lost: 'panel.reconnecting',
};
