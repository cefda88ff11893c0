import { unwrapJsonText } from './recogniser-json.ts';

/** A text without tags. `language` is BCP 47 or an English name, and absent if no tag named one. */
export type UntaggedText = { readonly text: string; readonly language?: string };

/** Shapes of the tags that recognisers write beside the words. The first that names a language counts. */
const tagPatterns: readonly RegExp[] = [
  // Qwen3-ASR: "language English<asr_text>", and "language None" for silence.
  /^\s*language\s+(?<language>\p{Lu}\p{L}*)\s*<asr_text>/gu,
  // Voxtral.
  /^\s*lang:(?<language>[a-z]{2})\s*(?:\[TRANSCRIBE\])?/g,
  // SenseVoice, Whisper, Canary, Nemotron and Parakeet: <|en|>, <en-US>.
  /<(?:[|\uff5c](?<language>[a-z]{2,3}(?:-[A-Z]{2})?)[|\uff5c]|(?<language>[a-z]{2}(?:-[A-Z]{2})?))>/g,
  // whisper.cpp.
  /\[_LANG_(?<language>[a-z]{2,3})\]/g,
  // Moods, noises, tasks, times, tokens: anything in such brackets.
  /<\/?[\p{L}|\uff5c][^<>\n]{0,60}>|\u2047/gu,
  /\[[\p{L}_][^[\]\n]{0,60}\]|\[[\d:.,\s]{3,16}-->[^[\]\n]{0,20}\]/gu,
  // Round brackets hold sounds, and what people say as well.
  /\((?:[\p{L} ]{0,30} )?(?:blank[_ ]audio|no[_ ]speech|silence|music|noises?|sounds?|applause|laughter|laugh(?:s|ing)|inaudible|unintelligible|cough(?:s|ing)|sigh(?:s|ing)|playing|foreign language)\)/giu,
  /\*[\p{L}_ ]{1,40}\*/gu,
  // SenseVoice after its own postprocessing.
  /[\u266a-\u266c]|(?![\u00a9\u00ae\u2122])\p{Extended_Pictographic}\ufe0f?/gu,
];

const unfinishedTag =
  /[[(*][\p{L}_\d :.,>'-]{0,62}$|(?:^\s*(?:language(?:\s+\p{L}+)?|lang:?[a-z]{0,2})\s*)?(?:<[^<>]{0,62})?$/iu;
const languageTagStart = /^\s*(?:l|la|lan|lang|langu|langua|languag)$/;

/**
 * Removes the tags that a recogniser wrote beside the words, and the JSON around them. With `goesOn`, more text
 * follows, and an end that may become a tag is left out.
 *
 * @example
 * import { parseTags } from '#src/speech/recogniser-tags.ts';
 *
 * parseTags('<|de|><|HAPPY|>Hallo!'); // { text: 'Hallo!', language: 'de' }
 */
export function parseTags(tagged: string, goesOn: boolean = false): UntaggedText {
  let language: string | undefined;
  let text = tagged;
  for (const tag of tagPatterns) {
    language ??= [...text.matchAll(tag)][0]?.groups?.language;
    text = text.replace(tag, '');
  }
  if (/[[{]|^\s*"/.test(text)) text = unwrapJsonText(text, goesOn);
  if (goesOn) text = text.replace(unfinishedTag, '').replace(languageTagStart, '');
  return { text: text.replace(/\s{2,}/g, ' ').trim(), language };
}
