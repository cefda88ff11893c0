import { realClock } from '#src/base/clock.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { SpeakerLanguages } from '#src/conversation/languages/speaker-languages.ts';
import { PersonalSettingsCache } from '#src/conversation/settings/personal-settings-cache.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { AnswerHost, Turn } from '#src/pipeline/pipeline.ts';
import { openTextLanguage } from '#src/speech/text-language/text-language.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { MemoryPersonSettings } from '#test/fakes/memory-stores.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import type { LanguageTurn } from './scenarios.ts';

/** Real time from the words of a turn to the first sound of its answer, in ms, where servers take none. */
export type LanguageDelays = {
  readonly withMs: readonly number[];
  readonly withoutMs: readonly number[];
};

const chat: ChatModel = {
  async *reply() {
    yield { kind: 'text', text: 'That is what I found.' };
  },
};
const host: AnswerHost = {
  playedMs: () => 0,
  run: () => Promise.reject(new Error('There are no tools.')),
  spent: () => undefined,
};
const never = new AbortController().signal;

/** Answers each turn twice, once with languages and once without, by turns; the recogniser tells no language. */
export async function answerDelays(turns: readonly LanguageTurn[]): Promise<LanguageDelays> {
  const store = new MemoryPersonSettings();
  const peopleSettings = new PersonalSettingsCache({
    clock: realClock,
    onEvent: () => undefined,
    store,
  });
  const settings = openSessionFixture().sessions.settings.in('g');
  const languages = new SpeakerLanguages({
    guildId: 'g',
    parts: { peopleSettings, textLanguage: openTextLanguage() },
    settings: () => settings,
  });
  const pipeline = chained({ chat, synthesizer: new FakeSynthesizer({ pieces: 1 }) });
  const firstSoundMs = async (turn: LanguageTurn, isWith: boolean): Promise<number> => {
    const answered = turnOf(turn, isWith ? languages : undefined);
    const sinceMs = performance.now();
    for await (const { kind } of pipeline.answer(answered, host, never))
      if (kind === 'audio') return performance.now() - sinceMs;
    throw new Error('An answer had no sound.');
  };
  const [withMs, withoutMs]: [number[], number[]] = [[], []];
  for (const turn of turns.slice(0, 20)) await firstSoundMs(turn, true); // warm
  for (const [n, turn] of turns.entries())
    for (const isWith of n % 2 === 0 ? [true, false] : [false, true])
      (isWith ? withMs : withoutMs).push(await firstSoundMs(turn, isWith));
  return { withMs, withoutMs };
}

function turnOf({ personId, text }: LanguageTurn, languages: SpeakerLanguages | undefined): Turn {
  const said = { speakerId: personId, name: 'Ana', fromMs: 0, toMs: 0 };
  return {
    said: [{ ...said, transcript: async () => ({ text }) }],
    style: { instructions: 'Be brief.', voice: {} },
    history: [],
    tools: [],
    ...(languages && { language: languages.answerTo(personId) }),
  };
}
