import { anyCharacter, fc } from '#test/properties.ts';

type ByteEdit = {
  readonly kind: 'flip' | 'set' | 'cut' | 'drop' | 'copy' | 'insert' | 'number';
  readonly at: number;
  readonly to: number;
  readonly bytes: Uint8Array;
};

const edits: fc.Arbitrary<readonly ByteEdit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('flip', 'set', 'cut', 'drop', 'copy', 'insert', 'number'),
    at: fc.nat(0xffff),
    to: fc.nat(0xffff),
    bytes: fc.uint8Array({ maxLength: 12 }),
  }),
  { maxLength: 6 },
);

/** Lengths and counts that parsers get wrong. */
const oddNumbers = [
  0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
];

/** Good bytes with a few changes, or no good bytes at all. */
export function makeBytes(samples: readonly Uint8Array[]) {
  const changed = fc
    .tuple(fc.constantFrom(...samples), edits)
    .map(([sample, list]) => list.reduce(applyEdit, Buffer.from(sample)));
  const wild = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof({ weight: 4, arbitrary: changed }, { weight: 1, arbitrary: wild });
}

function applyEdit(bytes: Buffer, { kind, at, to, bytes: fresh }: ByteEdit) {
  const [from, other] = [at % (bytes.length + 1), to % (bytes.length + 1)];
  const [head, tail] = [bytes.subarray(0, from), bytes.subarray(from)];
  switch (kind) {
    case 'flip':
    case 'set': {
      const copy = Buffer.from(bytes);
      const value = kind === 'set' ? to & 255 : (copy[from] ?? 0) ^ (1 << (to & 7));
      if (from < copy.length) copy[from] = value;
      return copy;
    }
    case 'number': {
      const copy = Buffer.from(bytes);
      const value = oddNumbers[to % oddNumbers.length] ?? 0;
      if (from + 4 <= copy.length)
        copy[to & 16 ? 'writeUInt32LE' : 'writeUInt32BE'](value, from);
      return copy;
    }
    case 'cut':
      return Buffer.from(head);
    case 'drop':
      return Buffer.concat([head, bytes.subarray(from + (to % 16))]);
    case 'copy':
      return Buffer.concat([head, bytes.subarray(other, other + 64), tail]);
    case 'insert':
      return Buffer.concat([head, fresh, tail]);
  }
}

/** Values where others were expected. */
const oddValues: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown[]>(
    ...[
      null,
      true,
      false,
      0,
      -1,
      1.5,
      2 ** 53,
      -(2 ** 31),
      1e308,
      -0,
      '',
      ' ',
      '\0',
      '0',
      '-1',
    ],
    ...[
      'NaN',
      '__proto__',
      'constructor',
      'toString',
      '\ud800',
      '…',
      [],
      {},
      [[]],
      [null],
      [{}],
    ],
    ...[{ length: 1e9 }, { toString: 1 }, { toJSON: 1 }, { valueOf: null }],
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);

type Replacement = {
  readonly path: readonly number[];
  readonly value: unknown;
  readonly kind: number;
};

/** Good JSON values in which some were replaced, left out, or added; or any JSON at all. */
export function makeJson(...samples: readonly unknown[]) {
  const replacements = fc.array(
    fc.record({
      path: fc.array(fc.nat(20), { minLength: 1, maxLength: 5 }),
      value: oddValues,
      kind: fc.nat(5),
    }),
    { maxLength: 4 },
  );
  const changed = fc
    .tuple(fc.constantFrom(...samples), replacements)
    .map(([sample, list]) => list.reduce(applyReplacement, sample));
  return fc.oneof(
    { weight: 8, arbitrary: changed },
    { weight: 1, arbitrary: oddValues },
  );
}

function applyReplacement(value: unknown, { path, value: fresh, kind }: Replacement) {
  const [first = 0, ...rest] = path;
  if (typeof value !== 'object' || value === null) return fresh;
  const keys = Object.keys(value);
  const key = keys[first % Math.max(1, keys.length)];
  if (key === undefined) return fresh;
  const entries = Object.entries(value).flatMap(
    ([name, inner]): [string, unknown][] => {
      if (name !== key) return [[name, inner]];
      if (rest.length > 0 && typeof inner === 'object' && inner !== null) {
        return [[name, applyReplacement(inner, { path: rest, value: fresh, kind })]];
      }
      if (kind === 0) return [];
      return kind === 1 && Array.isArray(value)
        ? [
            [name, inner],
            [name, fresh],
          ]
        : [[name, fresh]];
    },
  );
  return Array.isArray(value)
    ? entries.map(([, inner]) => inner)
    : Object.fromEntries(entries);
}

/** Text made of the pieces that a parser looks for, and of any others. */
export function makeText(pieces: readonly string[], maxLength = 60) {
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...pieces) },
    { weight: 1, arbitrary: fc.string({ unit: anyCharacter, maxLength: 6 }) },
  );
  const mixed = fc.array(piece, { maxLength }).map((allTexts) => allTexts.join(''));
  const repeated = fc
    .tuple(
      fc.array(piece, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 400 }),
      piece,
    )
    .map(([unit, times, end]) => unit.join('').repeat(times) + end);
  return fc.oneof({ weight: 9, arbitrary: mixed }, { weight: 1, arbitrary: repeated });
}

/** A whole in pieces, as a network cuts it: at any place. */
export function cutInPieces<Whole extends Buffer | string>(whole: fc.Arbitrary<Whole>) {
  const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 });
  return fc.tuple(whole, places).map(([all, cuts]) => {
    const ends = [
      0,
      ...cuts.map((cut) => Math.floor(cut * all.length)).sort((a, b) => a - b),
    ];
    return ends.map((from, n) => removeRange(all, from, ends[n + 1] ?? all.length));
  });
}

function removeRange<Whole extends Buffer | string>(
  all: Whole,
  from: number,
  to: number,
) {
  // Both have `slice`, and both give their own kind.
  return (
    typeof all === 'string' ? all.slice(from, to) : all.subarray(from, to)
  ) as Whole;
}
