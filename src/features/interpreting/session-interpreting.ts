import type { PersonId } from '#src/base/ids.ts';
import { isSameLanguage } from '#src/base/language/expected-language.ts';
import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
import { isLineAddressed } from '#src/conversation/machine/turn-addressing.ts';
import type { Mouth } from '#src/conversation/mouth/mouth.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { LineTranslator } from '#src/features/captions/line-translator.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { Owned, toOpenText } from '#src/people/owned.ts';
import type {
  FeatureSession,
  FollowUtterance,
  UtteranceFollower,
} from '#src/ports/feature-session.ts';
import type { FeaturePanel } from '#src/ports/panel.ts';
import { interpretedLanguagesSetting } from '#src/settings/channel-settings.ts';
import { isSure } from '#src/speech/text-language/spoken-form.ts';
import { getLanguageName } from '#src/texts/language-names.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { UtteranceClauses } from './utterance-clauses.ts';

/** Clauses of one person that wait to be said in one language. The oldest one above this limit is dropped. */
const maxWaitingClauses = 8;

type InterpretedSession = {
  readonly consent: SessionConsent;
  readonly loop: ConversationLoop;
  readonly mouth: Mouth;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
};

/** Objects that interpreting needs beside its session. */
export type InterpretingDeps = Deps<
  'chat' | 'clock' | 'hasChatModel' | 'spending' | 'textLanguage' | 'voices'
>;

/** A clause of a person. `withdrawal` aborts once it may not be said any more. */
type SpokenClause = {
  readonly speakerId: PersonId;
  readonly text: string;
  readonly language: string | undefined;
  readonly withdrawal: AbortSignal;
};

/**
 * Interpreting in one session: clauses of each person are said in the other languages of the channel, each by a voice of
 * its speaker, after whatever sounds. Words for the bot are left to its answer.
 */
export class SessionInterpreting implements FeatureSession {
  readonly #session: InterpretedSession;
  readonly #deps: InterpretingDeps;
  readonly #translators = new Map<string, LineTranslator<SpokenClause>>();
  readonly #withdrawals = new Map<PersonId, AbortController>();
  /** Translations that wait for their turn, by speaker and language. */
  readonly #waiting = new Map<string, Owned<string>[]>();
  /** People in the order in which they were first interpreted, which chooses their voices. */
  readonly #speakerIds: PersonId[] = [];
  /** The language of one clause after the other is decided. */
  #order = Promise.resolve();
  /** People know of it from a former run. */
  #isTold: boolean;

  constructor(
    session: InterpretedSession,
    deps: InterpretingDeps,
    isReturned: boolean,
  ) {
    this.#session = session;
    this.#deps = deps;
    this.#isTold = isReturned;
  }

  /** Finds why nothing can be interpreted here. Undefined if it can. */
  findObstacle(): TextLine | undefined {
    const { mouth, voiceChannel } = this.#session;
    if (!mouth.canSpeak()) return { id: 'captions.only' };
    if (!this.#deps.hasChatModel) return { id: 'interpret.failed' };
    return voiceChannel.getSettings().addressing === 'off'
      ? { id: 'settings.addressing.off' }
      : undefined;
  }

  /** Tells the channel that it is interpreted: aloud after a change, in writing as a session begins with it. */
  onChange(hasEntered: boolean, key?: string): void {
    const isChanged = key === interpretedLanguagesSetting.key;
    if (isChanged) this.#translators.clear();
    if (!hasEntered || (this.#isTold && !isChanged)) return;
    this.#isTold = true;
    const languages = this.#getLanguages();
    if (languages.length === 0) return;
    void this.#deps.voices.loadNames();
    const { notices } = this.#session;
    if (isChanged) this.#announce(languages);
    else notices.post(describeLanguages(languages, notices.getWrittenLocale()));
  }

  /** Follows a person whose words others may hear in their language. */
  followSpeaker(speakerId: PersonId): FollowUtterance | undefined {
    if (!this.#mayInterpret(speakerId)) return undefined;
    return ({ fromMs }) => this.#followUtterance(speakerId, fromMs);
  }

  /** Drops everything that a person said and others have not heard yet, in mid-word. */
  forgetPerson(personId: PersonId): void {
    this.#withdrawals.get(personId)?.abort(new Error('these words may not be said'));
    this.#withdrawals.delete(personId);
  }

  /** Shows the languages on the panel. */
  describePanel(): FeaturePanel {
    const languages = this.#getLanguages();
    if (languages.length === 0 || this.findObstacle()) return {};
    const locale = this.#session.notices.getWrittenLocale();
    return { lines: [describeLanguages(languages, locale)] };
  }

  #getLanguages() {
    const { getValue } = this.#session.voiceChannel.getSettings();
    return getValue(interpretedLanguagesSetting);
  }

  /** Asked again after each wait: a no, a change or an empty room ends it. */
  #mayInterpret(speakerId: PersonId) {
    const { consent, voiceChannel } = this.#session;
    if (this.#getLanguages().length === 0 || this.findObstacle()) return false;
    const others = voiceChannel.listPeople().filter(({ id }) => id !== speakerId);
    const isListenedTo = others.some(({ isBot, isDeaf }) => !isBot && !isDeaf);
    return isListenedTo && consent.canWrite(speakerId);
  }

  #followUtterance(speakerId: PersonId, fromMs: number): UtteranceFollower {
    const { loop } = this.#session;
    const clauses = new UtteranceClauses();
    const withdrawal = this.#getWithdrawal(speakerId);
    const isForBot = (text: string) =>
      isLineAddressed(
        loop.state,
        { by: speakerId, text, atMs: fromMs },
        conversationRules.addressing,
      );
    const addClauses = (texts: readonly string[], language?: string) => {
      for (const text of texts)
        this.#interpret({ speakerId, text, language, withdrawal });
    };
    return {
      onPartial: (text) => {
        if (!isForBot(text)) addClauses(clauses.addPartial(text));
      },
      onWhole: (text) => {
        if (!isForBot(text)) addClauses(clauses.addPause(text));
      },
      onEnded: (result) => {
        if (result.kind !== 'text' || isForBot(result.transcript.text)) return;
        const { language, text } = result.transcript;
        addClauses(clauses.end(text), language);
      },
    };
  }

  #getWithdrawal(personId: PersonId) {
    const withdrawal = this.#withdrawals.get(personId) ?? new AbortController();
    this.#withdrawals.set(personId, withdrawal);
    return withdrawal.signal;
  }

  #interpret(clause: SpokenClause) {
    const addClause = async () => {
      const languages = this.#getLanguages();
      const language = await this.#findLanguage(clause, languages);
      for (const target of languages)
        this.#getTranslator(target).addLine({ ...clause, language });
    };
    this.#order = this.#order.then(addClause);
  }

  /** Finds the language of a clause: by its words among those of the room, else as the person speaks. Never rejects. */
  async #findLanguage(
    { language, speakerId, text }: SpokenClause,
    among: readonly string[],
  ) {
    if (language !== undefined) return language;
    const detected = await this.#deps.textLanguage.detect(text, among);
    if (isSure(detected)) return detected?.language;
    return this.#session.voiceChannel.languages.find(speakerId) ?? detected?.language;
  }

  #getTranslator(language: string) {
    const { notices, voiceChannel } = this.#session;
    const translator =
      this.#translators.get(language) ??
      new LineTranslator<SpokenClause>(
        voiceChannel.channel.guildId,
        notices,
        this.#deps,
        {
          mayShowLine: (clause) => this.#maySay(clause, language),
          showTranslation: (clause, text) => this.#say(clause, language, text),
          failureLine: { id: 'interpret.failed' },
        },
      );
    if (!this.#translators.has(language)) translator.setLanguage(language);
    this.#translators.set(language, translator);
    return translator;
  }

  #maySay({ speakerId, withdrawal }: SpokenClause, language: string) {
    const isWanted = this.#getLanguages().some((tag) => isSameLanguage(tag, language));
    return isWanted && !withdrawal.aborted && this.#mayInterpret(speakerId);
  }

  /** Says a translation. One that still waits takes further clauses of its speaker. */
  #say(clause: SpokenClause, language: string, text: string) {
    const { mouth, voiceChannel } = this.#session;
    const { channelId } = voiceChannel.channel;
    const { speakerId, withdrawal } = clause;
    const texts = splitClauses(text).map((each) => new Owned(each, { channelId }));
    const key = `${speakerId} ${language}`;
    const waiting = this.#waiting.get(key);
    if (waiting) {
      waiting.push(...texts);
      waiting.splice(0, waiting.length - maxWaitingClauses);
      return;
    }
    const clauses = [...texts];
    const endWaiting = () => {
      if (this.#waiting.get(key) === clauses) this.#waiting.delete(key);
    };
    this.#waiting.set(key, clauses);
    const queued = mouth.requests.queueAnnouncement({
      clauses,
      language,
      when: 'queue',
      voice: this.#chooseVoice(speakerId),
      personId: speakerId,
      signal: withdrawal,
      opening: () => {
        endWaiting();
        return this.#maySay(clause, language) ? '' : undefined;
      },
    });
    if (queued.kind === 'added') void queued.ended.then(endWaiting);
    else endWaiting();
  }

  /** Chooses the voice that a person has set, else one of those beside the bot's own, the same for the whole session. */
  #chooseVoice(speakerId: PersonId) {
    const { voiceChannel } = this.#session;
    const { voice } = voiceChannel.getChoices(speakerId);
    if (voice !== undefined) return voice;
    if (!this.#speakerIds.includes(speakerId)) this.#speakerIds.push(speakerId);
    const own = voiceChannel.getStyle().voice.name;
    const others = this.#deps.voices.getKnown().filter((name) => name !== own);
    return others[this.#speakerIds.indexOf(speakerId) % others.length];
  }

  #announce(languages: readonly string[]) {
    const { mouth, notices } = this.#session;
    const locales = new Set(languages.map((tag) => notices.getSpokenLocale(tag)));
    for (const language of locales) {
      const line = describeLanguages(languages, language);
      const text = toSpeakable(notices.formatSpokenText(line, language));
      mouth.requests.queueAnnouncement({
        clauses: [toOpenText(text)],
        language,
        when: 'queue',
        isWrittenElsewhere: true,
        // Changed again while it waited for its turn, nothing of it is true.
        opening: () =>
          this.#getLanguages().join() === languages.join() ? '' : undefined,
      });
    }
  }
}

/** Builds the line that says between which languages the bot interprets, named in the language of its reader. */
export function describeLanguages(
  languages: readonly string[],
  locale: string,
): TextLine {
  const names = languages.map((tag) => getLanguageName(tag, locale));
  return {
    id: 'interpret.on',
    with: { languages: new Intl.ListFormat(locale).format(names) },
  };
}
