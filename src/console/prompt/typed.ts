/** A parsed line of the prompt; without `person` it is said by the default person. */
export type TypedLine =
  | { readonly kind: 'nothing' | 'help' | 'quit' }
  | { readonly kind: 'speech'; readonly person?: string; readonly text: string }
  /** `line` begins with the slash. */
  | { readonly kind: 'slash'; readonly person?: string; readonly line: string }
  /** Leaves the voice channel. */
  | { readonly kind: 'leave'; readonly person: string }
  | { readonly kind: 'press'; readonly person?: string; readonly number: number }
  | { readonly kind: 'wrong'; readonly why: string };

/** Longest speech, in characters: no person says more in one breath, and Discord takes no longer option. */
const longestChars = 4_000;
/** One word and a colon, unless it is the beginning of an address. */
const named = /^(\p{L}[\p{L}\p{M}\p{N}_-]{0,31}):(?!\/\/)(?=[\s/#]|$)\s*(.*)/su;
const pressed = /^#?(\d{1,6})$/;

/** `hello`, `bob: hello`, `/say text:hello`, `bob: /join`, `3`, `#3`, `bob: 3`, `bob: quit`, `?` or `quit`. */
export function readTyped(line: string): TypedLine {
  const words = line.trim();
  if (words === '') return { kind: 'nothing' };
  if (words === '?') return { kind: 'help' };
  if (words === 'quit') return { kind: 'quit' };
  if (words.length > longestChars) {
    return { kind: 'wrong', why: `That line is longer than ${longestChars} characters.` };
  }
  const [, name, rest] = named.exec(words) ?? [];
  if (name === undefined || rest === undefined) return parse(words);
  const person = capitalised(name);
  if (rest === '')
    return { kind: 'wrong', why: `Type the words of ${person}, too: "${name}: hello".` };
  if (rest === 'quit') return { kind: 'leave', person };
  return { ...parse(rest), person };
}

function parse(words: string): Extract<TypedLine, { kind: 'speech' | 'slash' | 'press' }> {
  const [, number] = pressed.exec(words) ?? [];
  if (number !== undefined) return { kind: 'press', number: Number(number) };
  if (words.startsWith('/')) return { kind: 'slash', line: words };
  return { kind: 'speech', text: words };
}

function capitalised(name: string): string {
  const [first = '', ...rest] = name;
  return first.toUpperCase() + rest.join('');
}
