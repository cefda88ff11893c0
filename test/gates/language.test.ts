import { readFile } from 'node:fs/promises';
import {
  admitChosenLanguage,
  type ExpectedLanguage,
} from '#src/base/language/expected-language.ts';
import type { PersonSettings } from '#src/people/person-settings.ts';
import type { TranscriptionOptions } from '#src/speech/speech-engine.ts';
import type { SpeakerLanguage } from '#src/turn/speaker-language/speaker-language.ts';
import { sourceFiles } from '#test/source-files.ts';

declare const learned: Required<SpeakerLanguage>;

/** Compiled, and never called. */
function leakGuesses() {
  // @ts-expect-error: What a person settled on was learned, and not set.
  const locked: ExpectedLanguage = { kind: 'set', language: learned.locked };
  // @ts-expect-error: A request for answers in a language does not say what is spoken.
  const requested: ExpectedLanguage = { kind: 'set', language: learned.requested };
  // @ts-expect-error: A guess has a weight, and no language of its own that an adapter could send.
  const guess: ExpectedLanguage = { kind: 'likely', language: learned.locked };
  // @ts-expect-error: A recogniser is told whether somebody set the language.
  const plain: TranscriptionOptions = { language: 'de' };
  // @ts-expect-error: A person's setting is not made of a guess.
  const settings: PersonSettings = { language: learned.locked };
  return [locked, requested, guess, plain, settings];
}

/** Files in which a language enters that somebody set. A new one is a reviewed line here. */
const entrances = [
  'commands/voice/me-command.ts', // a person, of their own speech
  'src/config/settings.ts', // the operator, of all speech
  'src/web/api/openai/transcription-form.ts', // a program, of its recording
];

test('a language binds a recogniser only where a person, a program or the operator set it', async () => {
  const matches: string[] = [];
  for await (const path of sourceFiles('{src,commands,doctor,setup,sandbox}/**/*.ts')) {
    if (path === 'src/base/language/expected-language.ts') continue;
    const source = await readFile(path, 'utf8');
    if (/admitChosenLanguage\(|\(admitChosenLanguage\)/.test(source))
      matches.push(path);
  }
  expect(matches.sort()).toEqual(entrances);
  expect([admitChosenLanguage('de'), typeof leakGuesses]).toEqual(['de', 'function']);
});
