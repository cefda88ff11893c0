import { glob, readFile } from 'node:fs/promises';
import * as regexpp from '@eslint-community/regexpp';
import { parseSync, Visitor } from 'oxc-parser';
import * as scslre from 'scslre';
import { predictEndOfTurn } from '#src/turn/endpointing/end-of-turn.ts';
import { findSuperlinear, repeatUnit } from './measure-growth.ts';

type Element = regexpp.AST.Element;
type Alternative = regexpp.AST.Alternative;

/** Tried for what a class or a set of characters takes. */
const characters = [
  ...'aA1 -_.[]()<>{}"\'`*/\\|,:;!?@#&=+~^$%\t\n\r\0éß漢あ。、’“',
  ...['\u0301', '\u200b', '\u2028', '\ud83d\udc4d', '\ufe0f', '\u20e3'],
];
const parser = new regexpp.RegExpParser({ ecmaVersion: 2025 });
const mostUnits = 60;
const mostUnitChars = 80;

/** Short texts made of the parts of an expression: repeated, they are what it takes longest for. */
function hostileUnits(source: string, flags: string) {
  const pattern = parser.parsePattern(source, 0, source.length, {
    unicode: flags.includes('u'),
    unicodeSets: flags.includes('v'),
  });
  const write = new Writer(flags.replace(/[gymd]/g, ''));
  const units = new Set<string>();
  for (let variant = 0; variant < 3; variant++) {
    for (const unit of write.prefixes(pattern.alternatives, '', variant))
      units.add(unit);
  }
  const fit = [...units].filter(({ length }) => length > 0 && length <= mostUnitChars);
  return fit.slice(0, mostUnits);
}

/** Writes texts that parts of an expression take. */
class Writer {
  readonly #flags;
  readonly #taken = new Map<string, readonly string[]>();

  constructor(flags: string) {
    this.#flags = flags;
  }

  /** `variant` chooses among characters and alternatives. */
  sample(node: Element, variant: number): string {
    switch (node.type) {
      case 'Character':
        return String.fromCodePoint(node.value);
      case 'CharacterSet':
      case 'CharacterClass':
      case 'ExpressionCharacterClass':
        return this.#one(node.raw, variant);
      case 'Quantifier':
        return this.sample(node.element, variant).repeat(
          Math.min(Math.max(node.min, 1), 5),
        );
      case 'Group':
      case 'CapturingGroup':
      case 'Assertion':
        return 'alternatives' in node ? this.#sequence(node.alternatives, variant) : '';
      case 'Backreference':
        return '';
    }
  }

  /** Each part, and all that leads to it, with what stands before the whole. */
  *prefixes(
    alternatives: readonly Alternative[],
    before: string,
    variant: number,
  ): Generator<string> {
    for (const { elements } of alternatives) {
      let prefix = before;
      for (const element of elements) {
        yield* this.#inside(element, prefix, variant);
        const part = this.sample(element, variant);
        prefix += part;
        yield part;
        yield prefix;
        yield prefix + this.sample(element, variant + 1);
      }
    }
  }

  *#inside(node: Element, before: string, variant: number): Generator<string> {
    if (node.type === 'Quantifier') yield* this.#inside(node.element, before, variant);
    else if ('alternatives' in node) {
      const sequences = node.alternatives.filter(
        (alternative) => alternative.type === 'Alternative',
      );
      yield* this.prefixes(sequences, before, variant);
    }
  }

  #sequence(alternatives: readonly Alternative[], variant: number) {
    return (alternatives[variant % alternatives.length]?.elements ?? [])
      .map((element) => this.sample(element, variant))
      .join('');
  }

  #one(raw: string, variant: number) {
    let taken = this.#taken.get(raw);
    if (!taken) {
      const only = new RegExp(`^(?:${raw})$`, this.#flags);
      taken = characters.filter((character) => only.test(character));
      this.#taken.set(raw, taken);
    }
    return taken[variant % Math.max(1, taken.length)] ?? '';
  }
}

/** A regular expression as it stands in the source. */
type Literal = { readonly at: string; readonly source: string; readonly flags: string };

/** Files of the repository that run at run time. */
const files = '{src,commands,sandbox,doctor,setup}/**/*.ts';

/** Every regular expression literal of the program, each once, and the files that build one from a text. */
async function regexpsOfProgram(): Promise<{
  readonly literals: readonly Literal[];
  readonly builders: readonly string[];
}> {
  const literals = new Map<string, Literal>();
  const builders: string[] = [];
  for await (const path of glob(files)) {
    const text = await readFile(path, 'utf8');
    const noteBuilder = ({ callee }: { readonly callee: object }) => {
      if ('name' in callee && callee.name === 'RegExp') builders.push(path);
    };
    new Visitor({
      Literal(node) {
        if (!('regex' in node)) return;
        const { pattern: source, flags } = node.regex;
        const line = text.slice(0, node.start).split('\n').length;
        literals.set(`/${source}/${flags}`, { at: `${path}:${line}`, source, flags });
      },
      NewExpression: noteBuilder,
      CallExpression: noteBuilder,
    }).visit(parseSync(path, text).program);
  }
  return { literals: [...literals.values()], builders: builders.sort() };
}

const { literals, builders } = await regexpsOfProgram();

test('no regular expression of the program can take more than linear time by its form', () => {
  const matches = literals.flatMap(({ at, source, flags }) => {
    const { reports } = scslre.analyse({ source, flags });
    return reports.map(({ type }) => `${at} /${source}/${flags}: ${type}`);
  });
  expect(matches).toEqual([]);
});

test('no regular expression of the program takes more than linear time on texts of its own parts', () => {
  const matches = literals.flatMap(({ at, source, flags }) => {
    const reads = readerOf(new RegExp(source, flags));
    return hostileUnits(source, flags).flatMap((unit) =>
      findSlow(`${at} /${source}/${flags}`, reads, unit),
    );
  });
  expect(matches).toEqual([]);
}, 120_000);

test('expressions are built from texts in nine files, whose own tests measure them', () =>
  expect(builders.toSorted()).toEqual([
    'src/base/addresses/addresses.ts',
    'src/chat/completions/answer-text.ts',
    'src/chat/completions/written-calls.ts',
    'src/chat/stand-in/wordings.ts',
    'src/chat/text/clause-splitter.ts',
    'src/chat/text/speakable.ts',
    'src/speech/local/english/spell-out.ts',
    'src/turn/endpointing/end-of-turn.ts',
    'src/turn/overlap/interjections.ts',
    'src/turn/speaker-language/speaker-language.ts',
  ]));

test.each(['a', 'number', 'ä', 'あ', '١', '\u200b', '1 '])(
  'the language and the numbers of %j, however often it stands there, are found in linear time',
  (unit) =>
    expect(findSuperlinear(predictEndOfTurn, repeatUnit(unit, ' one'))).toBeUndefined(),
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

function findSlow(what: string, read: (text: string) => unknown, unit: string) {
  return ['', '\0'].flatMap((end) => {
    const why = findSuperlinear(read, repeatUnit(unit, end));
    return why === undefined
      ? []
      : [`${what} on ${JSON.stringify(`${unit}…${end}`)}: ${why}`];
  });
}
