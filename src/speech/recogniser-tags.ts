/** Words of a recogniser without its tags, and the language where a tag names it, by name or as BCP 47. */
export type UntaggedText = { readonly text: string; readonly language?: string };

/** What recognisers write beside the words. Of the first that names a language, that one counts. */
const tags: readonly RegExp[] = [
  // Qwen3-ASR: "language English<asr_text>"; of silence "language None".
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

/** What may become a tag with the next words. */
const unfinished =
  /[[(*][A-Z_\d ]{0,26}$|(?:^\s*(?:language(?:\s+\p{L}+)?|lang:?[a-z]{0,2})\s*)?(?:<[^<>]{0,42})?$/iu;
const beginsLikeTag = /^\s*(?:l|la|lan|lang|langu|langua|languag)$/;

/** `goesOn`: an end that may become a tag is left out. */
export function readTags(tagged: string, goesOn = false): UntaggedText {
  let language: string | undefined;
  let text = tagged;
  for (const tag of tags) {
    language ??= [...text.matchAll(tag)][0]?.groups?.language;
    text = text.replace(tag, '');
  }
  if (goesOn) text = text.replace(unfinished, '').replace(beginsLikeTag, '');
  return { text: text.replace(/\s{2,}/g, ' ').trim(), language };
}
