import * as regexpp from '@eslint-community/regexpp';

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
export function hostileUnits(source: string, flags: string): readonly string[] {
  const pattern = parser.parsePattern(source, 0, source.length, {
    unicode: flags.includes('u'),
    unicodeSets: flags.includes('v'),
  });
  const write = new Writer(flags.replace(/[gymd]/g, ''));
  const units = new Set<string>();
  for (let variant = 0; variant < 3; variant++) {
    for (const unit of write.prefixes(pattern.alternatives, '', variant)) units.add(unit);
  }
  const fit = [...units].filter(({ length }) => length > 0 && length <= mostUnitChars);
  return fit.slice(0, mostUnits);
}

/** Writes texts that parts of an expression take. */
class Writer {
  readonly #flags: string;
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
        return this.sample(node.element, variant).repeat(Math.min(Math.max(node.min, 1), 5));
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
      const sequences = node.alternatives.filter((one) => one.type === 'Alternative');
      yield* this.prefixes(sequences, before, variant);
    }
  }

  #sequence(alternatives: readonly Alternative[], variant: number): string {
    const chosen = alternatives[variant % alternatives.length];
    return (chosen?.elements ?? []).map((element) => this.sample(element, variant)).join('');
  }

  #one(raw: string, variant: number): string {
    let taken = this.#taken.get(raw);
    if (!taken) {
      const only = new RegExp(`^(?:${raw})$`, this.#flags);
      taken = characters.filter((character) => only.test(character));
      this.#taken.set(raw, taken);
    }
    return taken[variant % Math.max(1, taken.length)] ?? '';
  }
}
