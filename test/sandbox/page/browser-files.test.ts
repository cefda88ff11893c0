import { expect, test } from 'vitest';
import { UploadedFiles } from '#sandbox/page/browser-files.ts';
import { ask, refusalOf } from '#test/web/http/open-page.ts';
import { openSilentPage } from './browser-client.ts';

/** A room in whose chat two files hang, with their addresses at the page. */
async function openFiles() {
  await using stack = new AsyncDisposableStack();
  const setup = stack.use(await openSilentPage());
  const { sandbox } = setup;
  const files = [
    { name: 'rain in may.wav', type: 'audio/wav', bytes: Buffer.from('RIFF') },
    { name: 'page.html', type: 'text/html', bytes: Buffer.from('<b>') },
  ];
  sandbox.person('Adam').write('two files', { files });
  const tab = await setup.open('a');
  await expect.poll(() => tab.ofKind('message')).toHaveLength(1);
  const shown = tab.ofKind('message')[0]?.files as readonly { readonly url: string }[];
  const all = stack.move();
  return { setup, sandbox, tab, shown, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

test('files of messages lie at the page: sound to be played, all else to be saved', async () => {
  await using opened = await openFiles();
  const { setup, shown } = opened;
  const { page, cookie } = setup;
  expect(shown).toMatchObject([
    { name: 'rain in may.wav', type: 'audio/wav', sizeBytes: 4 },
    { name: 'page.html', type: 'text/html', sizeBytes: 3 },
  ]);
  const [wav, other] = await Promise.all(shown.map(({ url }) => ask(page.url, url, { cookie })));
  expect(wav).toMatchObject({ text: 'RIFF', headers: { 'content-type': 'audio/wav' } });
  expect(other).toMatchObject({
    text: '<b>',
    headers: { 'content-type': 'application/octet-stream', 'content-disposition': 'attachment' },
  });
});

test('files are for who was let in, and those that are gone are told of', async () => {
  await using opened = await openFiles();
  const { setup, shown } = opened;
  const refused = await ask(setup.page.url, `${shown[0]?.url}`);
  expect(refusalOf(refused)).toContain('session.none');
  const { cookie } = setup;
  const gone = await ask(setup.page.url, '/room/files/1/x.wav', { cookie });
  expect(refusalOf(gone)).toEqual([404, 'not_found', 'That file is not here any more.']);
});

test('a file that is too big or that nobody left is refused with a sentence', async () => {
  await using opened = await openFiles();
  const { setup, tab } = opened;
  const { cookie, page } = setup;
  const sent = { cookie, origin: page.url.origin, 'content-length': `${11 * 1_024 * 1_024}` };
  const big = await ask(page.url, '/room/files?name=big.wav', sent, { method: 'POST' });
  expect(big.status).toBe(413);
  const command = { kind: 'command', name: 'loop', options: { file: { file: '9' } } };
  expect(await tab.ask(command)).toMatchObject({
    ok: false,
    error: 'That file is not here any more: choose it again.',
  });
});

test('what was left is taken once, and of five files the first is forgotten', () => {
  const uploads = new UploadedFiles();
  const ids = Array.from({ length: 5 }, (_, n) =>
    uploads.keep({ name: `${n}.wav`, type: 'audio/wav', bytes: Buffer.of(n) }),
  );
  expect(() => uploads.take(ids[0] ?? '')).toThrow('choose it again');
  expect(uploads.take(ids[1] ?? '').name).toBe('1.wav');
  expect(() => uploads.take(ids[1] ?? '')).toThrow('choose it again');
});
