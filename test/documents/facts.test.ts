import { readFile } from 'node:fs/promises';
import { formatLoadTable, readAcceptedLoad } from '#bench/cpu/accepted-load.ts';
import { readResult } from '#bench/latency/accepted-result.ts';
import packageJson from '#package.json' with { type: 'json' };
import { alerts } from '#src/base/alerts.ts';
import { type ErrorCode, errorCodes } from '#src/base/errors.ts';
import { rightNames } from '#src/discord/account/needed-rights.ts';
import { serverSettings } from '#src/features/features.ts';
import { toNotice } from '#src/ops/operator-notices.ts';
import { type PaidKind, paidKinds } from '#src/spending/budget-authority.ts';
import { sourceFiles } from '#test/source-files.ts';

const troubleshooting = await readFile('docs/troubleshooting.md', 'utf8');
const owners = await readFile('docs/owners.md', 'utf8');

/** A section of a document, each row and entry in one line, without the targets of links. */
function sectionOf(text: string, heading: string) {
  const [, part = ''] = text.split(`\n## ${heading}\n`);
  const [section = ''] = part.split('\n## ');
  return section.replace(/\n +(?![ -])/g, ' ').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}

/** The first cell of each row of the table under a heading. */
function firstCells(text: string, heading: string) {
  return [...sectionOf(text, heading).matchAll(/^\| `([^`]+)`/gm)].map(
    ([, cell = '']) => cell,
  );
}

/** Sources of whatever says something to people, without quotes that are escaped there. */
async function listSayings() {
  const sources: string[] = [];
  for await (const path of sourceFiles(
    '{src,commands,doctor,setup,sandbox,page}/**/*.{ts,js,mjs,json}',
  ))
    sources.push(
      (await readFile(path, 'utf8')).replaceAll("\\'", "'").replaceAll('\\"', '"'),
    );
  return sources.join('\n');
}

test('every sentence that troubleshooting quotes stands so in the program', async () => {
  const utterance = await listSayings();
  const quoted = [
    ...troubleshooting.replace(/`[^`\n]*`/g, '').matchAll(/"([^"\n]+)"/g),
  ];
  const strays = quoted
    .map(([, sentence = '']) => sentence)
    .filter(
      (sentence) =>
        !sentence.split('...').every((piece) => utterance.includes(piece.trim())),
    );
  expect(quoted.length).toBeGreaterThan(30);
  expect(strays).toEqual([]);
});

test('every code that troubleshooting names is one of the program', () => {
  const section = sectionOf(troubleshooting, 'Codes and alerts');
  const codes = [...section.matchAll(/`(\w+\.\w+)`/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(10);
  expect(Object.keys(errorCodes)).toEqual(expect.arrayContaining(codes));
});

test('the page for operators lists every code and alert that is told to them', async () => {
  const listed = [
    ...sectionOf(
      await readFile('docs/operations.md', 'utf8'),
      'Receive notices of faults',
    ).matchAll(/`([a-z]+(?:\.[a-z_]+|-[a-z-]+|\.\*))`/g),
  ].map(([, one]) => one);
  const codes = Object.keys(errorCodes) as ErrorCode[];
  const families = codes
    .filter((code) => toNotice(code) !== undefined)
    .map((code) => (listed.includes(code) ? code : code.replace(/\.\w+$/, '.*')));
  const kinds = [...families, ...Object.keys(alerts), 'model-ends', 'logins-spent'];
  expect(new Set(listed)).toEqual(new Set(kinds));
});

test('the delays of docs/benchmarks.md are those that npm run bench -- --save wrote', async () => {
  const { rows } = await readResult();
  const text = await readFile('docs/benchmarks.md', 'utf8');
  for (const [name, { heard }] of Object.entries(rows))
    expect(text, name).toContain(
      `| ${Math.round(heard.p50)} | ${Math.round(heard.p95)} |`,
    );
});

test('figures of memory and processor stand in one table, as npm run bench -- cpu --save wrote them', async () => {
  const accepted = await readAcceptedLoad();
  const text = await readFile('docs/operations.md', 'utf8');
  const [, table = ''] =
    /<!-- the table of bench\/cpu\/result\.json -->\n([\s\S]*?)\n<!-- end/.exec(text) ??
    [];
  expect(table).toBe(formatLoadTable(accepted));
  expect(Object.keys(accepted.rows)).toEqual(
    expect.arrayContaining(['no channel', 'silent channel', 'talk']),
  );
});

test('the page for owners lists every setting of a server, and every right that the invite link asks for', () => {
  expect(firstCells(owners, 'Settings of a server')).toEqual(
    serverSettings.map(({ key }) => key),
  );
  const [, rights = ''] = /\n## Rights\n([\s\S]*?)\n## /.exec(owners) ?? [];
  const listed = [...rights.matchAll(/^\| ([A-Z][^|]*) \|/gm)].flatMap(
    ([, cell = '']) => cell.split(', '),
  );
  expect(listed.slice(1).toSorted()).toEqual(Object.values(rightNames).toSorted());
});

// Proves: npm runs two install scripts, images one by reading
test('npm runs the install scripts of Node and of @discordjs/opus alone, fetches no CUDA for onnxruntime-node, and compiles @discordjs/opus from its checked source', async () => {
  expect(packageJson.allowScripts).toEqual({
    '@discordjs/opus': true,
    node: true,
    'onnxruntime-node': false,
  });
  const lock: { readonly packages: object } = JSON.parse(
    await readFile('package-lock.json', 'utf8'),
  );
  const scripted = Object.entries(lock.packages).filter(
    ([, one]) => one.hasInstallScript,
  );
  expect(scripted.map(([at]) => at)).toEqual([
    '', // Parley's own, which trims the installation
    'node_modules/@discordjs/opus',
    'node_modules/node',
    'node_modules/onnxruntime-node',
  ]);
  expect(await readFile('.npmrc', 'utf8')).toContain(
    '\nonnxruntime-node-install=skip\n',
  );
  expect(await readFile('.npmrc', 'utf8')).toContain(
    '\nbuild-from-source=@discordjs/opus\n',
  );
});

test('each package that npm ci installs has a checksum, and none comes from another place than the registry', async () => {
  const lock: {
    readonly packages: Readonly<
      Record<string, { readonly integrity?: string; readonly resolved?: string }>
    >;
  } = JSON.parse(await readFile('package-lock.json', 'utf8'));
  const unchecked = Object.entries(lock.packages).filter(
    ([path, { integrity, resolved }]) =>
      path !== '' && (!integrity?.startsWith('sha512-') || resolved !== undefined),
  );
  expect(unchecked).toEqual([]);
});

test('every code of a refusal over HTTP stands in http.md', async () => {
  const codes = new Set<string>();
  for await (const path of sourceFiles('src/web/**/*.ts')) {
    for (const [, code = ''] of (await readFile(path, 'utf8')).matchAll(
      /(?:\d{3},\s*|code: )'([a-z]+(?:[._][a-z_]+)+)'/g,
    ))
      codes.add(code);
  }
  const http = await readFile('docs/http.md', 'utf8');
  expect(codes.size).toBeGreaterThan(50);
  expect([...codes].filter((code) => !http.includes(`\`${code}\``))).toEqual([]);
});

/** Work whose payer is known while it is done or afterwards, or that no session asks for. */
const others = ['recognition of speech', 'a try by setup or doctor'];
/** Work of a person that no session asks for. */
const sent = 'recognition of a recording';

/** Kinds of work: each with the sentence about its payer and its limits, and its number at once. */
async function listWorks() {
  const [, part = ''] = (await readFile('docs/costs.md', 'utf8')).split(
    '\n## Who pays\n',
  );
  return [...part.matchAll(/^(.+):\n\n((?:(?:-| ) .+\n)+)/gm)].flatMap(
    ([, paid = '', list = '']) =>
      [...list.matchAll(/^- ([^:]+): (.+)$/gm)].flatMap(([, names = '', number = '']) =>
        names.split(', ').map((work) => [work, paid, number]),
      ),
  );
}

function paidBy(kind: PaidKind) {
  const { payer } = paidKinds[kind];
  return {
    person: "The person who asks pays, within the share and the server's limits",
    server: "The server pays, within the server's limits",
  }[payer];
}

test('the page of costs has each kind of paid work, with its payer and its limits', async () => {
  const shownTexts = (await listWorks()).map(([work, paid]) => `${work}: ${paid}`);
  const kinds = Object.keys(paidKinds) as PaidKind[];
  expect(shownTexts.toSorted()).toEqual(
    [
      ...kinds.map((kind) => `${kind}: ${paidBy(kind)}`),
      `${sent}: ${paidBy('recap')}`,
      ...others.map((work) => `${work}: Others`),
    ].toSorted(),
  );
});

test('the page of costs says how many of each run at once', async () => {
  for (const [work, , number] of await listWorks())
    expect(number, work).toMatch(/^[14] |^1(?:,|$)/);
});
