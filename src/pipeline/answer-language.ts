import type { AsideKind } from '#src/chat/text/written-passages.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import type { ReplyStyle, Turn } from './pipeline.ts';

/** How an answer sounds in the language it is given in. */
export type AnswerSound = {
  readonly voice: SpeechVoice;
  /** Said in place of what is read in a chat, once each. */
  readonly asides: Readonly<Record<AsideKind, string>> | undefined;
};

/** Voice and asides of a turn, as far as its language is known now. */
export function answerSound({ style, language }: Pick<Turn, 'style' | 'language'>): AnswerSound {
  const tag = language?.now;
  const name = tag === undefined ? undefined : voiceFor(tag, style);
  const voice = name === undefined ? style.voice : { ...style.voice, name };
  return { voice, asides: style.asidesIn?.(tag) };
}

/** A region has its own voice, or that of its language. */
function voiceFor(tag: string, { voices }: Pick<ReplyStyle, 'voices'>): string | undefined {
  return voices?.[tag] ?? voices?.[tag.toLowerCase().split('-', 1)[0] ?? tag];
}

/** What a model is told of the language; empty where it is left to itself. */
export function languageOrder(englishName: string | undefined): string {
  return englishName === undefined
    ? ''
    : ` Answer in ${englishName}, unless these very words ask for another language.`;
}
