/** A text without tags. `language` is BCP 47 or an English name, and absent if no tag named one. */
export type UntaggedText = { readonly text: string; readonly language?: string };

/** Tags that recognisers write beside the words. The first that names a language counts. */
const tagPatterns: readonly RegExp[] = [
  // Qwen3-ASR: "language English<asr_text>", and "language None" for silence.
  /^\s*language\s+(?<language>\p{Lu}\p{L}*)\s*<asr_text>/gu,
  /<\/?asr_text>/g,
  // Voxtral.
  /^\s*lang:(?<language>[a-z]{2})\s*(?:\[TRANSCRIBE\])?/g,
  // SenseVoice, Whisper and Canary: languages, moods, noises, tasks, and times such as <|0.00|>.
  /<\|(?<language>[a-z]{2,3})\|>/g,
  /<\|[^|<>]{1,40}\|>/g,
  // Nemotron and Parakeet.
  /\s?<(?<language>[a-z]{2}-[A-Z]{2})>/g,
  // CTC models and SentencePiece.
  /<(?:unk|OOV|s|\/s|pad|blank|blk|sil|noise|eou|eob)>|\u2047/g,
  // whisper.cpp.
  /\[_LANG_(?<language>[a-z]{2,3})\]/g,
  /\[_\w{1,24}\]/g,
  /[[(*](?:BLANK[_ ]AUDIO|NO[_ ]SPEECH|SILENCE|MUSIC|NOISE|SOUND|APPLAUSE|LAUGHTER|INAUDIBLE)[\])*]/gi,
  // SenseVoice after its own postprocessing.
  /[\u266a-\u266c]|(?![\u00a9\u00ae\u2122])\p{Extended_Pictographic}\ufe0f?/gu,
];

const unfinishedTag =
  /[[(*][A-Z_\d ]{0,26}$|(?:^\s*(?:language(?:\s+\p{L}+)?|lang:?[a-z]{0,2})\s*)?(?:<[^<>]{0,42})?$/iu;
const languageTagStart = /^\s*(?:l|la|lan|lang|langu|langua|languag)$/;

/**
 * Removes the tags that a recogniser wrote beside the words. With `goesOn`, more text follows, and an end that may
 * become a tag is left out.
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
  if (goesOn) text = text.replace(unfinishedTag, '').replace(languageTagStart, '');
  return { text: text.replace(/\s{2,}/g, ' ').trim(), language };
}
