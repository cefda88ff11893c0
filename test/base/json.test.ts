import { readFile } from 'node:fs/promises';
import { type JsonLimits, JsonMeter, parseForeignJson } from '#src/base/json.ts';
import { fc } from '#test/properties.ts';
import { sourceFiles } from '#test/source-files.ts';

const limits = {
  bytes: 2 ** 21,
  depth: 8,
  values: 100,
};
const mib = 2 ** 20;

function repeatPiece(piece: string) {
  return piece.repeat(Math.floor(mib / piece.length));
}

/** A megabyte each, and what is too much of it. */
const hostile: readonly (readonly [string, string, string])[] = [
  ['numbers', `[${repeatPiece('5,')}5]`, 'values'],
  ['small objects', `[${repeatPiece('{"a":1},')}1]`, 'values'],
  ['keys that stand there many times', `{${repeatPiece('"a":1,')}"a":1}`, 'values'],
  ['arrays of arrays', `[${repeatPiece(`[${'5,'.repeat(50)}5],`)}5]`, 'values'],
  ['nested arrays', repeatPiece('['), 'levels'],
  ['nested objects', repeatPiece('{"a":'), 'levels'],
];

test.each(hostile)(
  'a megabyte of %s breaks a bound, and keeps breaking it',
  (_, json, bound) => {
    const meter = new JsonMeter(limits);
    expect(meter.push(Buffer.from(json))).toContain(bound);
    expect(meter.push(Buffer.from('[]'))).toContain(bound);
  },
);

test.each([
  ['[1,2', 'json.broken', 'no JSON'],
  ['[[[[[[[[[]]]]]]]]]', 'json.too_large', 'JSON with more than 8 levels of nesting'],
  [
    JSON.stringify(Array(101).fill(1)),
    'json.too_large',
    'JSON with more than 100 values',
  ],
  [' '.repeat(2 ** 21 + 1), 'json.too_large', 'JSON with more than 2 MiB'],
])(
  'what is no fit JSON is told in words that name the bound: %.20s',
  (json, code, description) =>
    expect(parseForeignJson(json, limits)).toEqual({
      kind: 'fault',
      code,
      description,
    }),
);

/** Elements and members of a value, and the deepest nesting. */
function sizeOf(value: unknown): { values: number; depth: number } {
  if (typeof value !== 'object' || value === null) return { values: 0, depth: 0 };
  const inner = Object.values(value).map(sizeOf);
  return {
    values: inner.reduce((sum, { values }) => sum + values, inner.length),
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
  };
}

test('no parser finds more in JSON than the scan has counted, however it is cut', () => {
  const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 6 });
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 6 }),
      cuts,
      fc.boolean(),
      (value, places, isPretty) => {
        const { values, depth } = sizeOf(value);
        const bytes = Buffer.from(JSON.stringify(value, null, isPretty ? 1 : 0));
        const judgeText = (bounds: Partial<JsonLimits>) => {
          const meter = new JsonMeter({
            ...limits,
            depth: 99,
            values: 9_999,
            ...bounds,
          });
          let from = 0;
          for (const to of [
            ...places.toSorted((one, otherValue) => one - otherValue),
            bytes.length,
          ]) {
            meter.push(bytes.subarray(from, to));
            from = Math.max(from, to);
          }
          return meter.push(new Uint8Array());
        };
        expect(judgeText({})).toBeUndefined();
        if (values > 0) expect(judgeText({ values: values - 1 })).toContain('values');
        if (depth > 0) expect(judgeText({ depth: depth - 1 })).toContain('levels');
      },
    ),
  );
});

const makeFives = (count: number) => `[${Array(count).fill('5').join(',')}]`;

test.each([
  ['a quote in another field', `event: "\ndata: ${makeFives(101)}\n\n`],
  ['a mark of the byte order', `\uFEFFdata: ${makeFives(101)}\n\n`],
  ['several lines of data', makeFives(101).replaceAll(',', ',\ndata: ')],
  ['lines that end otherwise', makeFives(101).replaceAll(',', ',\r\r')],
  ['a backslash before the end of a line', `data: "\\\ndata: ${makeFives(101)}\n\n`],
])('an event is measured although it has %s', (_, text) => {
  const meter = new JsonMeter(limits, { isStream: true });
  expect(meter.push(Buffer.from(text))).toContain('values');
});

/** Where JSON is parsed that is the bot's own or the operator's, or that the fetch or the library around has measured. */
const trusted = [
  'src/base/json.ts',
  'src/console/sandbox-process.ts',
  'src/console/setup-process.ts',
  'src/discord/library/undici.ts',
  'src/discord/login.ts',
  'src/provider/models/model-list.ts',
  'src/speech/local/process/turn-head.ts',
  'src/speech/openai/transcript-reply.ts',
  'src/spending/prices/prices.ts',
  'src/sql/columns.ts',
  'src/storage/data-dir/data-dir-lock.ts',
  'src/texts/texts.ts',
  'src/texts/translation-report.ts',
];

test('JSON from outside is parsed in one place, after it was measured', async () => {
  const parsing: string[] = [];
  for await (const path of sourceFiles('{src,commands}/**/*.ts')) {
    if (/JSON\.parse\(|\.json\(\)/.test(await readFile(path, 'utf8')))
      parsing.push(path);
  }
  expect(parsing.toSorted()).toEqual(trusted);
});
