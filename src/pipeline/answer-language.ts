import { englishLanguageName } from '#src/base/language-name.ts';
import type { AsideKind } from '#src/chat/text/written-passages.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import type { AnswerLanguage, ReplyStyle, Turn } from './pipeline.ts';

/** Speech of an answer in its language. */
export type AnswerSound = {
  readonly voice: SpeechVoice;
  /** Spoken replacements of text that is shown in a chat, once each. */
  readonly asides: Readonly<Record<AsideKind, string>> | undefined;
};

/** Voice and asides of a turn, as far as its language is known now. */
export function answerSound({ style, language }: Pick<Turn, 'style' | 'language'>): AnswerSound {
  const tag = language?.now;
  const { language: known, ...voice } = voiceIn(tag, style);
  // Text that may be of another language is spoken by any voice there is.
  const isSure = known !== undefined && language?.hold !== 'open';
  const sure = isSure ? { ...voice, language: known } : voice;
  return { voice: sure, asides: style.asidesIn?.(tag) };
}

/** Voice for a text of this language (BCP 47); undefined where it is not known. */
export function voiceIn(
  language: string | undefined,
  { voice }: Pick<ReplyStyle, 'voice'>,
): SpeechVoice {
  return language === undefined ? voice : { ...voice, language };
}

/** Instruction about the language for a model; empty where it is left to itself, or the style tells it. */
export function languageOrder(language: AnswerLanguage | undefined): string {
  if (language?.now === undefined || language.hold === 'fixed') return '';
  const name = englishLanguageName(language.now);
  return language.hold === 'settled'
    ? ` Answer in ${name}, unless these very words ask for another language.`
    : ` Answer in ${name}, unless these words, more than one, are in another language or ask for it.`;
}
