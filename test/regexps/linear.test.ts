import * as scslre from 'scslre';
import { expect, test } from 'vitest';
import { endOfTurnOf } from '#src/turn/endpointing/end-of-turn.ts';
import { repeated, superlinear } from './growth.ts';
import { hostileUnits } from './hostile.ts';
import { regexpsOfProgram } from './literals.ts';

const { literals, builders } = await regexpsOfProgram();

test('no regular expression of the program can take more than linear time by its form', () => {
  const found = literals.flatMap(({ at, source, flags }) => {
    const { reports } = scslre.analyse({ source, flags });
    return reports.map(({ type }) => `${at} /${source}/${flags}: ${type}`);
  });
  expect(found).toEqual([]);
});

test('no regular expression of the program takes more than linear time on texts of its own parts', () => {
  const found = literals.flatMap(({ at, source, flags }) => {
    const reads = readerOf(new RegExp(source, flags));
    return hostileUnits(source, flags).flatMap((unit) =>
      slow(`${at} /${source}/${flags}`, reads, unit),
    );
  });
  expect(found).toEqual([]);
}, 120_000);

test('expressions are built from texts in five files, whose own tests measure them', () => {
  expect(builders.toSorted()).toEqual([
    'src/chat/text/boundaries.ts',
    'src/chat/text/written-passages.ts',
    'src/turn/endpointing/numbers.ts',
    'src/turn/overlap/interjections-text.ts',
    'src/turn/speaker-language/language-request.ts',
  ]);
});

test.each(['a', 'number', 'ä', 'あ', '١', '\u200b', '1 '])(
  'the language and the numbers of %j, however often it stands there, are found in linear time',
  (unit) => {
    expect(superlinear(endOfTurnOf, repeated(unit, ' one'))).toBeUndefined();
  },
);

/** Reader like the program's: to the end of the text, or until the first place that fits. */
function readerOf(expression: RegExp): (text: string) => unknown {
  return expression.global
    ? (text) => text.replace(expression, '')
    : (text) => {
        expression.lastIndex = 0;
        return expression.test(text);
      };
}

function slow(what: string, read: (text: string) => unknown, unit: string): string[] {
  return ['', '\0'].flatMap((end) => {
    const why = superlinear(read, repeated(unit, end));
    return why === undefined ? [] : [`${what} on ${JSON.stringify(`${unit}…${end}`)}: ${why}`];
  });
}
