import { APIError } from 'openai/core/error';
import { ClauseSplitter, ShortLinks } from '#src/chat/text/clauses.ts';
import { asidesIn, speakable } from '#src/chat/text/speakable.ts';
import { pressedOf } from '#src/discord/interactions/rendering.ts';
import { ClauseWriter } from '#src/pipeline/written.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { spellOutEnglish } from '#src/speech/local/english/spell-out.ts';
import { cut, plain } from '#src/texts/plain.ts';
import { sentencesOf } from '#src/turn/addressing/names.ts';
import { endOfTurnOf } from '#src/turn/endpointing/end-of-turn.ts';
import { isHallucination } from '#src/turn/hallucinations.ts';
import { classify } from '#src/turn/overlap/interjections.ts';
import { nothingHeard } from '#src/turn/voice-evidence.ts';
import { inPieces, textOf } from '#test/fuzz/inputs.ts';
import { target } from '#test/fuzz/target.ts';

const marks = [
  ...['![a](', '[a](b)', '[', '](', '```', '`a`', '|a|\n', '<think>', '</think>', '<b>', '<t:1>'],
  ...['https://a.b/c', 'www.', '**', '__', '~~', '||', '# ', '- ', '1. ', '> ', '\n', '\r\n', ' '],
  ...[
    'a',
    'word ',
    'stop ',
    'wait ',
    'Nova ',
    'and ',
    '1,000.50',
    '12:30',
    '...',
    '…',
    '?',
    '!',
    '。',
  ],
  ...[
    '@everyone',
    '<@1>',
    '\u200b',
    '\ud800',
    '👍',
    'é',
    'e\u0301',
    '\\',
    '"',
    "'",
    '(',
    ')',
    ': ',
  ],
];

export const textTargets = [
  target('written-answer', textOf(marks), (text) => {
    asidesIn(text);
    speakable(text);
    plain(text);
    cut(text, 100);
    spellOutEnglish(text);
    const refusal = APIError.generate(500, undefined, text, new Headers());
    describeError(refusal, { baseURL: 'http://example.test/v1', apiKey: 'sk-abcdef' });
  }),
  target('streamed-answer', inPieces(textOf(marks)), (pieces) => {
    const instead = { link: 'a', code: 'b', table: 'c' };
    const readers = [
      new ClauseSplitter({ eager: true }),
      new ShortLinks(),
      new ClauseWriter(instead),
    ];
    for (const reader of readers) {
      for (const piece of pieces) reader.push(piece);
      reader.flush();
    }
  }),
  target('transcripts', textOf(marks), (text) => {
    endOfTurnOf(text);
    sentencesOf(text);
    isHallucination(text, nothingHeard);
    classify(text, { isFinal: true, names: ['Nova'] });
  }),
  target(
    'custom-ids',
    textOf(['parley:', ':', 'stop', 'privacy', '-', '_', '1', ' ', '\0']),
    (id) => {
      const { name, about } = pressedOf(id);
      if (name.includes(':') || `${name}${about ?? ''}`.length > id.length) throw new Error(id);
    },
  ),
];
