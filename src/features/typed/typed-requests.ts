import { withTimeout } from '#src/base/bounded-wait.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import {
  listExchanges,
  toChatMessages,
} from '#src/conversation/answering/answer-request.ts';
import { SpeakerLanguages } from '#src/conversation/ear/speaker-languages.ts';
import type { HistoryExchange, TurnEnd } from '#src/conversation/machine/state.ts';
import type {
  QueuedQuestion,
  SayPlace,
} from '#src/conversation/mouth/queued-speech.ts';
import {
  type SilenceOutcome,
  silenceSession,
} from '#src/conversation/mouth/silence.ts';
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
import type { Origin, Owner, Sources } from '#src/people/owned.ts';
import {
  choosePipeline,
  type PipelineName,
  type TurnUtterance,
} from '#src/pipeline/pipeline.ts';
import type { AdmittedContent, PickedMessage } from '#src/ports/authored-content.ts';
import type {
  AnswerForm,
  Asker,
  AskOutcome,
  QuestionSubject,
  SpokenManner,
} from '#src/ports/command-ports.ts';
import type { MessageAuthors } from '#src/sessions/message-authors.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';
import type { AdmittedFile, Recordings } from '#src/sources/recordings.ts';
import { withTranscriptionOptions } from '#src/speech/hints.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { findWish, type Wish } from '#src/turn/overlap/interjections.ts';
import {
  type QuestionFiles,
  readOrFault,
  toPictureFault,
  toUtterances,
} from './question-utterances.ts';
import { type SayOptions, type SayOutcome, sayInSession } from './say-text.ts';
import { answerUnspoken, type OwnedQuestion } from './unspoken-answer.ts';
import { type PromptWords, WrittenTools } from './written-tools.ts';

/** Later the answer is heard without being shown. */
const maxAloudWaitMs = 50_000;

const nowhereOutcome = { kind: 'nowhere' } as const;
const captionsOnlyOutcome: AskOutcome = {
  kind: 'failed',
  line: { id: 'captions.only' },
};
const erasedOutcome: AskOutcome = { kind: 'failed', line: { id: 'words.erased' } };
const lateOutcome: AskOutcome = { kind: 'failed', line: { id: 'ask.late' } };

/** Objects of other features. */
export type TypedFeatureDeps = MemoryPorts & RunningTracks;

/** Objects that typed questions and texts need. */
export type TypedRequestDeps = TypedFeatureDeps & {
  readonly deps: SessionDependencies;
  readonly sessions: ServerSessions;
  readonly authors: MessageAuthors;
  readonly recordings: Recordings;
  readonly listTools: () => readonly ToolEntry[];
  readonly writtenQuestions: WrittenAnswerConcurrency;
  readonly longestWritingMs: number;
  /** Aborting ends answers. */
  readonly ending: AbortSignal;
};

type FailedFiles = { readonly kind: 'failed'; readonly line: TextLine };

type TypedQuestion = {
  readonly guildId: GuildId;
  readonly question: string;
  readonly asker: Asker;
  readonly about: QuestionSubject;
};

/** Answers questions and says texts that people and programs type, aloud or in writing. */
export class TypedRequests {
  readonly #deps: TypedRequestDeps;

  constructor(deps: TypedRequestDeps) {
    this.#deps = deps;
  }

  /** Says a text of 1,000 characters at most. `now` precedes waiting texts. */
  async sayText(
    guildId: GuildId,
    text: string,
    when: SayPlace,
    options: SayOptions = {},
  ): Promise<SayOutcome> {
    const { deps, sessionTracks: tracks } = this.#deps;
    const session = this.#findSession(guildId);
    if (!session) return nowhereOutcome;
    const { channelId = session.channel.channelId } = options;
    if (channelId !== session.channel.channelId) return nowhereOutcome;
    return sayInSession(session, text, when, options, { ...deps, tracks });
  }

  /**
   * Answers a question. A spoken one waits 50 s at most, and a written one needs no
   * session. After a no the answer is written, as where a no may not be known.
   */
  async askQuestion(
    guildId: GuildId,
    question: string,
    asker: Asker,
    form: AnswerForm,
    about: QuestionSubject = {},
  ): Promise<AskOutcome> {
    const material =
      about.material ?? (await this.#admitOwnFiles(guildId, asker, about));
    if (material && 'line' in material) return { kind: 'failed', line: material.line };
    const typedQuestion = { guildId, question, asker, about: { ...about, material } };
    try {
      const outcome = await this.#answerQuestion(typedQuestion, form);
      return toRefusedOutcome(material) ?? outcome;
    } catch (error) {
      const refusal = toRefusedOutcome(material);
      if (refusal) return refusal;
      throw error;
    }
  }

  /** Answers a question about the message that a person picked. The person reads the answer. */
  async askAboutMessage(
    guildId: GuildId,
    question: string,
    asker: Asker,
    { author: name, authorId: id, ...content }: PickedMessage,
  ): Promise<AskOutcome> {
    const admission = await this.#deps.authors.admit(guildId, {
      author: { id, name },
      content,
      use: 'voice',
      isPicked: true,
    });
    if (admission.kind === 'refused') return { kind: 'failed', line: admission.line };
    const { content: material } = admission;
    if (material.text === '' && !material.recording && !material.pictures)
      return { kind: 'failed', line: { id: 'say.empty' } };
    return await this.askQuestion(guildId, question, asker, 'text', { material });
  }

  async #answerQuestion(
    typedQuestion: TypedQuestion,
    form: AnswerForm,
  ): Promise<AskOutcome> {
    const { ending, writtenQuestions } = this.#deps;
    const { asker, guildId } = typedQuestion;
    if (form === 'voice') {
      const session = this.#findSession(guildId);
      if (!session) return nowhereOutcome;
      if (!session.mouth.canSpeak()) return captionsOnlyOutcome;
      if (asker.isProgram || !session.consent.mayHaveSaidNo(asker.id))
        return await this.#answerAloud(typedQuestion, ending);
    }
    using slot = writtenQuestions.enter(guildId, asker.id);
    if (!slot) return tooMuchAtOnce;
    const over = new AbortController();
    try {
      return await this.#answerInWriting(
        typedQuestion,
        AbortSignal.any([ending, over.signal]),
      );
    } finally {
      over.abort(new Error('the answer is over'));
    }
  }

  /** Admits the files that come with a question. Undefined without files. */
  async #admitOwnFiles(guildId: GuildId, asker: Asker, files: QuestionSubject) {
    if (!files.recording && !files.link && !files.pictures) return undefined;
    const admission = await this.#deps.authors.admitFiles(guildId, asker, files);
    return admission.kind === 'admitted' ? admission.content : admission;
  }

  /** Lets a person ask without the bot's name for a while, as after a press of Ask. */
  openAskWindow(guildId: GuildId, personId: PersonId): void {
    this.#findSession(guildId)?.loop.post({ kind: 'opened-window', by: personId });
  }

  /** Silences the bot within two frames: drops waiting questions and speech, and pauses the sounds of all tracks. */
  stopSpeaking(guildId: GuildId): SilenceOutcome {
    const session = this.#findSession(guildId);
    const silenced: SilenceOutcome = session
      ? silenceSession(session.mouth)
      : { kind: 'nothing', paused: [] };
    const isWriting = this.#deps.writtenQuestions.isWriting(guildId);
    return silenced.kind === 'nothing' && isWriting
      ? { ...silenced, kind: 'writing' }
      : silenced;
  }

  /** Finds the wish that a typed text is: a stop, a no, or a request to leave or to pause hearing. */
  findWish(guildId: GuildId, text: string): Wish | undefined {
    const { deps, sessions } = this.#deps;
    const { names } = sessions.settings.getForGuild(guildId);
    return findWish(text, [deps.places.getBotName(guildId), ...names]);
  }

  #findSession(guildId: GuildId) {
    return this.#deps.sessions.findSession(guildId);
  }

  /** Loads the languages of the asker, also without a session. */
  async #getLanguages({ asker, guildId }: TypedQuestion): Promise<SpeakerLanguages> {
    const { deps, sessions } = this.#deps;
    await deps.peopleSettings.loadSettings(guildId, asker.id);
    const session = sessions.findSession(guildId);
    const settings = () => sessions.settings.getForGuild(guildId);
    return (
      session?.voiceChannel.languages ??
      new SpeakerLanguages({ guildId, services: deps, settings })
    );
  }

  async #readFiles(
    question: TypedQuestion,
    signal: AbortSignal,
  ): Promise<QuestionFiles | FailedFiles> {
    const { recordings } = this.#deps;
    const { about, guildId } = question;
    const { pictures: pictureFiles, recording } = about.material ?? {};
    const pictures =
      pictureFiles &&
      (await readOrFault(
        recordings.readPictures(guildId, pictureFiles, signal),
        signal,
      ));
    if (pictures && 'line' in pictures)
      return { kind: 'failed', line: toPictureFault(pictures.line) };
    if (!recording) return { pictures };
    const sound = await this.#openSound(recording, question, signal);
    return 'line' in sound ? sound : { pictures, sound };
  }

  /** Reserves the cost of a recording, and reads its sound. */
  async #openSound(
    recording: AdmittedFile,
    question: TypedQuestion,
    signal: AbortSignal,
  ): Promise<NonNullable<QuestionFiles['sound']> | FailedFiles> {
    const { deps, recordings } = this.#deps;
    const { about, asker, guildId } = question;
    const languages = await this.#getLanguages(question);
    const listening = deps.spending.openRecordingBudget(guildId, asker.id);
    if ('line' in listening) return { kind: 'failed', line: listening.line };
    // The language of another sender is not known.
    const language = about.material?.isQuoted
      ? undefined
      : languages.getExpected(asker.id);
    const transcriber = withTranscriptionOptions(
      deps.transcriber.withReservation(listening.reservation),
      { language },
    );
    const pcm = await readOrFault(recordings.read(guildId, recording, signal), signal);
    if ('line' in pcm) return { kind: 'failed', line: pcm.line };
    return { pcm, transcriber };
  }

  async #answerAloud(
    typedQuestion: TypedQuestion,
    ending: AbortSignal,
  ): Promise<AskOutcome> {
    const { about, asker, guildId, question } = typedQuestion;
    const { longestMs = maxAloudWaitMs, material } = about;
    const signal = toWorkSignal(about);
    const { clock } = this.#deps.deps;
    const untilMs = clock.nowMs() + longestMs;
    const until = AbortSignal.any([ending, signal ?? ending]);
    // Only files need time, so a text alone is queued at once.
    const hasFiles = (material?.pictures ?? material?.recording) !== undefined;
    const files = hasFiles ? await this.#readFiles(typedQuestion, until) : {};
    if ('line' in files) return files;
    const refusal = toRefusedOutcome(material);
    if (refusal) return refusal;
    const atMs = clock.nowMs();
    const utterances = toUtterances({ ...typedQuestion, ...files, atMs }, until);
    const session = this.#findSession(guildId);
    if (!session) return nowhereOutcome;
    const outcome = Promise.withResolvers<AskOutcome>();
    let isLate = false;
    session.mouth.requests.askQuestion(
      toQueuedQuestion(utterances, question, atMs, {
        manner: toPipelineManner(session.voiceChannel.getSettings().pipeline, about),
        signal,
        onOutcome: (answer) => {
          outcome.resolve(answer);
          // People do not read the answer that a program gets.
          return !isLate && !asker.isProgram;
        },
        onOver: (end) => outcome.resolve(toDroppedOutcome(end)),
      }),
    );
    const openWindow = () => session.loop.post({ kind: 'opened-window', by: asker.id });
    openWindow();
    void outcome.promise.then(openWindow);
    return await withTimeout(
      outcome.promise,
      untilMs - atMs,
      clock,
      () => new Error('late'),
    ).catch(() => {
      isLate = true;
      return lateOutcome;
    });
  }

  async #answerInWriting(
    question: TypedQuestion,
    ending: AbortSignal,
  ): Promise<AskOutcome> {
    const { longestWritingMs, deps } = this.#deps;
    const { longestMs = longestWritingMs, material } = question.about;
    const until = AbortSignal.any([ending, toWorkSignal(question.about) ?? ending]);
    const untilMs = deps.clock.nowMs() + longestMs;
    const files = await this.#readFiles(question, until);
    if ('line' in files) return files;
    const refusal = toRefusedOutcome(material);
    if (refusal) return refusal;
    const atMs = deps.clock.nowMs();
    const utterances = toUtterances({ ...question, ...files, atMs }, until);
    const ownedQuestion = await this.#toOwnedQuestion(question, utterances);
    until.throwIfAborted();
    if (ownedQuestion.origin.sources.areErased) return erasedOutcome;
    return await answerUnspoken(ownedQuestion, deps, untilMs - atMs, until);
  }

  async #toOwnedQuestion(
    question: TypedQuestion,
    utterances: readonly TurnUtterance[],
  ): Promise<OwnedQuestion> {
    const { deps, sessions } = this.#deps;
    const { about, asker, guildId } = question;
    const { settings } = sessions;
    const session = sessions.findSession(guildId);
    const reading = sessions.consents.getChoices(guildId).erasedWords.beginReading();
    const { exchanges, owner } = findKnownExchanges(asker, session, about);
    await settings.loadGuild(guildId);
    const memories = await this.#listMemories(question);
    const history = [...toChatMessages(exchanges), ...memories];
    const languages = await this.#getLanguages(question);
    const language = languages.createAnswerLanguage(asker.id);
    const channelId = session?.channel.channelId;
    const channelStyle = settings.getStyle(guildId, channelId);
    const { persona, pipeline: setPipeline } = settings.getForChannel(
      guildId,
      channelId,
    );
    const pipelineName = choosePipeline(utterances, setPipeline);
    const hasPersona = (persona?.name ?? persona?.instructions) !== undefined;
    const isOwn = exchanges.length === 0 && memories.length === 0;
    const authorId = about.material?.author.id;
    // Earlier answers and memories repeat words of anybody.
    const sources = reading.toSources(
      (id) => id !== asker.id && (!isOwn || id === authorId),
    );
    const origin = { owner, sources };
    const prompt = {
      said: utterances,
      earlier: exchanges,
      hasOthers: memories.length > 0 || hasPersona,
    };
    const quotable = reading.toSources((id) => id !== asker.id);
    const tools = await this.#createTools(question, prompt, origin, quotable);
    const { offered } = tools;
    const style = withToolRules(channelStyle, { doneCalls: [], offered });
    const turn = { utterances, style, history, tools: offered, language };
    // The answer of the audio model is written.
    const isHeard = about.material?.recording && pipelineName === 'audio-model';
    const pipeline = isHeard
      ? deps.pipelines.open(pipelineName)
      : deps.pipelines.textOnly();
    return { guildId, origin, isWritten: true, turn, tools, pipeline };
  }

  /** Creates tools for an answer. A program gets none. */
  async #createTools(
    { about, asker: { id, isProgram, name }, guildId }: TypedQuestion,
    prompt: PromptWords,
    origin: Origin,
    quotable: Sources,
  ): Promise<WrittenTools> {
    const { deps, listTools } = this.#deps;
    const { placeId, askedInId: channelId = placeId } = about;
    const session = this.#findSession(guildId);
    const basePorts =
      session?.tools.createPorts(id) ?? (await this.#createPortsOutside(guildId, id));
    const otherPeople = basePorts.listPeople().filter((person) => person.id !== id);
    const asker = { id, name, isBot: false, roleIds: [] };
    const chat =
      channelId === undefined ? undefined : { guildId, channelId, name: channelId };
    // A reminder that repeats the conversation belongs to the conversation's channel.
    const channel = chat && origin.owner !== 'given' ? session?.channel : chat;
    return new WrittenTools(isProgram ? [] : listTools(), {
      asker,
      session,
      isOpen: placeId !== undefined,
      deps,
      ports: {
        ...basePorts,
        place: channel,
        listPeople: () => [...otherPeople, asker],
      },
      prompt,
      origin,
      quotable,
    });
  }

  /** Creates ports without a session, by stored answers about consent. */
  async #createPortsOutside(
    guildId: GuildId,
    askerId: PersonId,
  ): Promise<Omit<ServerToolPorts, 'place'>> {
    const { deps, sessions } = this.#deps;
    const choices = await sessions.consents.loadChoices(guildId);
    const getSettings = () => sessions.settings.getForGuild(guildId);
    return {
      askerId,
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
    const { memories, sessions } = this.#deps;
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

/** Fails a question about content whose author said no, or was blocked, meanwhile. */
function toRefusedOutcome(
  material: AdmittedContent | undefined,
): FailedFiles | undefined {
  const line = material?.findRefusal();
  return line && { kind: 'failed', line };
}

/** Joins the signals that end work on a question: the asker has gone, or the author said no. */
function toWorkSignal({ material, signal }: QuestionSubject): AbortSignal | undefined {
  const signals = [signal, material?.withdrawal].filter((each) => each !== undefined);
  return signals.length === 0 ? undefined : AbortSignal.any(signals);
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
  { material, placeId }: QuestionSubject,
): { readonly exchanges: readonly HistoryExchange[]; readonly owner: Owner } {
  const { channelId } = session?.channel ?? {};
  const isThere =
    !material?.isQuoted && (placeId === undefined || placeId === channelId);
  if (!session?.isHere(id) || !isThere || channelId === undefined)
    // Words of strangers could have the model tell them.
    return { exchanges: [], owner: 'given' };
  const exchanges = listExchanges(id, session);
  return { exchanges, owner: exchanges.length === 0 ? 'given' : { channelId } };
}

/** Builds a queued question. Its transcript gets the words of a recording once they are recognised. */
function toQueuedQuestion(
  utterances: readonly TurnUtterance[],
  text: string,
  atMs: number,
  options: Pick<QueuedQuestion, 'manner' | 'onOver' | 'onOutcome' | 'signal'>,
): QueuedQuestion {
  const watched = utterances.map((spoken): TurnUtterance => {
    if (!spoken.isRecording) return spoken;
    const transcript = async () => {
      const recognised = await spoken.transcript();
      question.transcript = { text: `${text} (${recognised.text})`.trim(), atMs };
      return recognised;
    };
    return { ...spoken, transcript };
  });
  const utterance = watched.at(-1);
  if (!utterance) throw new Error('A typed question holds no utterance.');
  const question: QueuedQuestion = {
    utterance,
    earlierUtterances: watched.slice(0, -1),
    endedAtMs: atMs,
    transcript: { text, atMs },
    ...options,
  };
  return question;
}

function toDroppedOutcome(outcome: TurnEnd): AskOutcome {
  if (outcome === 'left') return nowhereOutcome;
  return { kind: 'failed', line: droppedLines[outcome] };
}

const bugLine: TextLine = { id: 'generic', with: { code: 'bug' } };

/** Why a question has no answer, for each end of its turn. A privately answered one ends here as if it was taken back. */
const droppedLines: Readonly<Record<Exclude<TurnEnd, 'left'>, TextLine>> = {
  stopped: { id: 'ask.stopped' },
  cancelled: { id: 'ask.stopped' },
  skipped: { id: 'ask.skipped' },
  interrupted: { id: 'ask.interrupted' },
  withdrawn: { id: 'consent.no' },
  crowded: { id: 'ask.dropped' },
  late: { id: 'ask.waited' },
  muted: { id: 'muted.server' },
  ending: { id: 'seat.stopped' },
  lost: { id: 'ask.lost' },
  empty: { id: 'fail.llm' },
  refused: { id: 'captions.only' },
  // Answers and failures have told the asker before the turn ends.
  completed: bugLine,
  failed: bugLine,
};
