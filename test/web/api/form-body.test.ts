import { expectRefusal, openApi } from './api-setup.ts';

const path = '/v1/audio/transcriptions';
const most = 24 * 2 ** 20;
const makePart = (name: string, rest = '') =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n`;
const end = '\r\n--b--\r\n';

async function sendForm(
  body: string | Uint8Array<ArrayBuffer>,
  type = 'multipart/form-data; boundary=b',
) {
  await using api = await openApi();
  await api.add('ear');
  const init = { method: 'POST', headers: { 'content-type': type }, body };
  const response = await api.ask('ear', path, init);
  expect(api.bugs).toEqual([]);
  return response;
}

test.each([
  ['is none', 'hello', 'text/plain', 400, 'form.missing', /^Send a form/],
  [
    'has no boundary',
    'hello',
    'multipart/form-data; charset=x',
    400,
    'form.broken',
    /not complete/,
  ],
  [
    'is cut off',
    `${makePart('model')}x`,
    undefined,
    400,
    'form.broken',
    /not complete/,
  ],
  [
    'has many parts',
    `${makePart('a')}1\r\n`.repeat(100_000),
    undefined,
    413,
    'form.too_large',
    /32 parts/,
  ],
  [
    'has a long field',
    `${makePart('prompt')}${'é'.repeat(9_000)}${end}`,
    undefined,
    413,
    'form.too_large',
    /16 KiB/,
  ],
  ['is too long', new Uint8Array(most + 1), undefined, 413, 'body.too_long', /24 MiB/],
  [
    'has no file',
    `${makePart('model')}x${end}`,
    undefined,
    400,
    'file.missing',
    /^file: /,
  ],
])(
  'a form that %s is refused in a sentence',
  async (_, body, type, status, code, sentence) =>
    await expectRefusal(sendForm(body, type), status, code, sentence),
);

test.each([
  [
    'a file',
    `${makePart('file', '; filename="a.wav"')}${'\r\n-'.repeat(most / 4)}${end}`,
  ],
  ['headers', `--b\r\n${'a: b\r\n'.repeat(most / 8)}\r\n1${end}`],
  ['a header', `${makePart('a'.repeat(most / 2))}1${end}`],
  [
    'almost boundaries',
    `${makePart('file', '; filename="a.wav"')}${'\r\n--'.repeat(most / 8)}${end}`,
  ],
])('a form of nothing but %s is read in steps', async (_, body) => {
  let turns = 0;
  let isOver = false;
  const countTurn = () => {
    turns++;
    if (!isOver) setImmediate(countTurn);
  };
  setImmediate(countTurn);
  await sendForm(body);
  isOver = true;
  expect(turns).toBeGreaterThan(100);
});
