import { APIError } from 'openai/core/error';
import { sayAddresses } from '#src/base/addresses/addresses.ts';
import { ClauseSplitter } from '#src/chat/text/clause-splitter.ts';
import { findAsides, toSpeakable } from '#src/chat/text/speakable.ts';
import { parseCustomId } from '#src/discord/interactions/rendering.ts';
import { ClauseWriter } from '#src/pipeline/written-answer.ts';
import { describeError } from '#src/provider/models/describe-error.ts';
import { spellOutEnglish } from '#src/speech/local/english/spell-out.ts';
import { escapeMarkdown, truncate } from '#src/texts/plain-text.ts';
import { splitSentences } from '#src/turn/addressing/names.ts';
import { predictEndOfTurn } from '#src/turn/endpointing/end-of-turn.ts';
import { classifyInterjection } from '#src/turn/overlap/interjections.ts';
import { isHallucination, noEvidence } from '#src/turn/voice-evidence.ts';
import { cutInPieces, makeText } from '#test/fuzz/fuzz-inputs.ts';
import { makeTarget } from '#test/fuzz/make-target.ts';

const marks = [
  ...[
    '![a](',
    '[a](b)',
    '[',
    '](',
    '```',
    '`a`',
    '|a|\n',
    '<think>',
    '</think>',
    '<b>',
    '<t:1>',
  ],
  ...[
    'https://a.b/c',
    'www.',
    '**',
    '__',
    '~~',
    '||',
    '# ',
    '- ',
    '1. ',
    '> ',
    '\n',
    '\r\n',
    ' ',
  ],
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
  makeTarget('written-answer', makeText(marks), (text) => {
    findAsides(text);
    toSpeakable(text);
    sayAddresses(text, 'de');
    escapeMarkdown(text);
    truncate(text, 100);
    spellOutEnglish(text);
    const refusal = APIError.generate(500, undefined, text, new Headers());
    describeError(refusal, { baseURL: 'http://example.test/v1', apiKey: 'sk-abcdef' });
  }),
  makeTarget('streamed-answer', cutInPieces(makeText(marks)), (pieces) => {
    const readers = [new ClauseSplitter({ isEager: true }), new ClauseWriter('a')];
    for (const reader of readers) {
      for (const piece of pieces) reader.push(piece);
      reader.flush();
    }
  }),
  makeTarget('transcripts', makeText(marks), (text) => {
    predictEndOfTurn(text);
    splitSentences(text);
    isHallucination(text, noEvidence);
    classifyInterjection(text, { isFinal: true, names: ['Nova'] });
  }),
  makeTarget(
    'custom-ids',
    makeText(['parley:', ':', 'stop', 'privacy', '-', '_', '1', ' ', '\0']),
    (id) => {
      const { name, about } = parseCustomId(id);
      if (name.includes(':') || `${name}${about ?? ''}`.length > id.length)
        throw new Error(id);
    },
  ),
];
