import { expect, test } from 'vitest';
import { ParticipantPage } from '#src/web/page/participant-page.ts';
import { captioned, says } from '#test/conversation/setup/captioned.ts';
import { pass, type SessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { ask, cookieOf, enter, keyOf, openTestPage, refusalOf } from '#test/web/http/open-page.ts';
import { openLineStream } from './line-stream.ts';

const publicUrl = new URL('https://page.example');
/** Headers of the page at its public address. */
const ours = { host: publicUrl.host, origin: publicUrl.origin };

/** The page over a channel where captions are on, with Adam and Eva in it. */
async function openSetup() {
  await using stack = new AsyncDisposableStack();
  const fixture = await captioned();
  const { captions, sessions } = fixture;
  const participants = new ParticipantPage({
    sessions: () => sessions.all(),
    isReachedByLink: true,
  });
  const page = stack.use(
    await openTestPage({
      publicUrl,
      routes: (app) => participants.routes(app),
      isCurrent: (viewer) => viewer.kind !== 'participant' || participants.isCurrent(viewer),
    }),
  );
  participants.open(page.links);
  const link = async (personId: string, locale = 'de' as const) => {
    const outcome = await captions.pass('g', personId);
    if (outcome.kind !== 'issued') throw new Error(`no pass: ${outcome.kind}`);
    const href = participants.captionsLink(outcome.pass, locale);
    if (href === undefined) throw new Error('there is no link');
    return new URL(href);
  };
  const cookie = async (personId: string) =>
    cookieOf(await enter(page.url, keyOf(await link(personId)), ours));
  const all = stack.move();
  return {
    fixture,
    page,
    participants,
    link,
    cookie,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

type Setup = Awaited<ReturnType<typeof openSetup>>;

function stream({ page }: Setup, cookie: string) {
  return openLineStream(page.url, publicUrl.host, cookie);
}

/** Time passes until the stream has sent this. */
async function until(fixture: SessionFixture, got: { readonly text: string }, words: string) {
  await expect
    .poll(async () => {
      await pass(fixture, 40);
      return got.text;
    })
    .toContain(words);
}

test('the link is https, its key stands in the fragment, and it names nobody', async () => {
  await using setup = await openSetup();
  const link = await setup.link('eva');
  expect(`${link.origin}${link.pathname}${link.search}`).toBe('https://page.example/');
  expect(link.hash).toMatch(/^#key=[\w-]{43}&lang=de$/);
});

test('a request of the link without its key, as previews send it, uses nothing up', async () => {
  await using setup = await openSetup();
  const link = await setup.link('eva');
  const shell = await ask(setup.page.url, '/', { host: publicUrl.host });
  expect([shell.status, shell.headers['set-cookie']]).toEqual([200, undefined]);
  expect(shell.text).not.toMatch(/eva|Lounge/);
  const entered = await enter(setup.page.url, keyOf(link), ours);
  expect(JSON.parse(entered.text)).toEqual({ face: 'participant' });
  expect(entered.headers['set-cookie']?.[0]).toMatch(/HttpOnly; Secure; SameSite=Strict/);
  const again = await enter(setup.page.url, keyOf(link), ours);
  expect(refusalOf(again)[1]).toBe('link.used');
});

test('without an https address there is no link, and none before the page is open', async () => {
  const pagePass = { id: 'p', guildId: 'g', channelId: 'lounge', personId: 'eva' };
  for (const isReachedByLink of [true, false]) {
    const page = new ParticipantPage({ sessions: () => [], isReachedByLink });
    expect(page.captionsLink(pagePass, 'en')).toBeUndefined();
  }
});

test('lines come over the public address only', async () => {
  await using setup = await openSetup();
  const cookie = await setup.cookie('eva');
  const { page } = setup;
  const here = await ask(page.url, '/captions/events', { cookie });
  expect(refusalOf(here).slice(0, 2)).toEqual([403, 'page.not_public']);
  const nobody = await ask(page.url, '/captions/events', { host: publicUrl.host });
  expect(refusalOf(nobody).slice(0, 2)).toEqual([401, 'session.none']);
});

test('a stream has the lines that its reader may know, and ends with one word why', async () => {
  await using setup = await openSetup();
  const { fixture } = setup;
  const got = stream(setup, await setup.cookie('eva'));
  await until(fixture, got, 'event: lines');
  await says(fixture);
  await until(fixture, got, '"text":"five five","state":"final"');
  const turning = fixture.captions.turnOff('g');
  await pass(fixture, 3_000);
  await turning;
  await expect.poll(() => got.isOver).toBe(true);
  expect(got.text).toMatch(/event: ended\ndata: off\n\n$/);
});

test('links of two people open two pages: each reads as themselves', async () => {
  await using setup = await openSetup();
  const { fixture, page } = setup;
  await fixture.settings.set('g', 'catch_up', 'off');
  const [his, hers] = [await setup.cookie('adam'), await setup.cookie('eva')];
  const { present } = fixture.linkOpener.link;
  const [eva] = present.splice(1, 1);
  await says(fixture);
  if (eva) present.push(eva);
  await pass(fixture, 500);
  const face = async (cookie: string) =>
    JSON.parse((await ask(page.url, '/face', { host: publicUrl.host, cookie })).text);
  const [first, second] = [await face(his), await face(hers)];
  expect([first.face, second.face]).toEqual(['participant', 'participant']);
  expect(first.passId).not.toBe(second.passId);
  const [one, other] = [stream(setup, his), stream(setup, hers)];
  await until(fixture, one, 'five five');
  await until(fixture, other, 'event: lines');
  expect(other.text).not.toContain('five');
  expect(one.text).toContain(`data: ${first.passId}\n`);
  expect(other.text).toContain(`data: ${second.passId}\n`);
  for (const { close } of [one, other]) close();
});

test('a session ends with the pass: a newer link, forget, and captions off', async () => {
  await using setup = await openSetup();
  const { fixture, page } = setup;
  const code = async (cookie: string) => {
    const reply = await ask(page.url, '/face', { host: publicUrl.host, cookie });
    return reply.status === 200 ? 'in' : refusalOf(reply)[1];
  };
  const first = await setup.cookie('eva');
  expect(await code(first)).toBe('in');
  const second = await setup.cookie('eva');
  expect([await code(first), await code(second)]).toEqual(['session.none', 'in']);
  const forgetting = fixture.privacy.forget('g', 'eva');
  expect(await code(second)).toBe('session.none');
  await pass(fixture, 500);
  await forgetting;
  const third = await setup.cookie('adam');
  const turning = fixture.captions.turnOff('g');
  await pass(fixture, 3_000);
  await turning;
  expect(await code(third)).toBe('session.none');
});

test('a link that was not opened yet is worth nothing after forget', async () => {
  await using setup = await openSetup();
  const { fixture, page } = setup;
  const link = await setup.link('eva');
  const forgetting = fixture.privacy.forget('g', 'eva');
  await pass(fixture, 500);
  await forgetting;
  const cookie = cookieOf(await enter(page.url, keyOf(link), ours));
  const reply = await ask(page.url, '/captions/events', { host: publicUrl.host, cookie });
  expect(refusalOf(reply)[1]).toBe('session.none');
});

test('an operator gets no lines', async () => {
  await using setup = await openSetup();
  const { page } = setup;
  const owner = cookieOf(await enter(page.url, keyOf(page.links.create({ kind: 'owner' })), ours));
  const reply = await ask(page.url, '/captions/events', { host: publicUrl.host, cookie: owner });
  expect(refusalOf(reply).slice(0, 2)).toEqual([403, 'session.other_face']);
});

test('readers push out neither the links nor the sessions of an operator', async () => {
  await using setup = await openSetup();
  const { page } = setup;
  const owner = page.links.create({ kind: 'owner' });
  const viewer = { guildId: 'g', channelId: 'lounge', passId: 'p', locale: 'en' };
  const made = Array.from({ length: 1_001 }, (_, n) =>
    page.links.create({ kind: 'participant', ...viewer, userId: `${n}` }),
  );
  const outcome = async (link: URL | undefined) =>
    link && (await page.links.enter(keyOf(link))).kind;
  expect(await outcome(made[0])).toBe('unknown');
  expect(await outcome(made[1])).toBe('entered');
  expect(await outcome(owner)).toBe('entered');
});

test('a translation is chosen of the languages there are, by the page itself', async () => {
  await using setup = await openSetup();
  const { page } = setup;
  const cookie = await setup.cookie('eva');
  const choose = async (body: object, headers = ours) =>
    await ask(
      page.url,
      '/captions/language',
      { ...headers, cookie, 'content-type': 'application/json' },
      { method: 'POST', body: JSON.stringify(body) },
    );
  expect(JSON.parse((await choose({ language: 'fr' })).text)).toEqual({ outcome: 'set' });
  expect(JSON.parse((await choose({ language: null })).text)).toEqual({ outcome: 'set' });
  for (const body of [{ language: 'tlh' }, { language: 5 }, {}, []])
    expect(refusalOf(await choose(body))[1]).toBe('page.no_language');
  const foreign = await choose({ language: 'fr' }, { ...ours, origin: 'https://evil.example' });
  expect(refusalOf(foreign)[1]).toBe('door.origin');
});

test('texts come in the language of the person, and in English where there is none', async () => {
  await using setup = await openSetup();
  const texts = async (locale: string) =>
    JSON.parse((await ask(setup.page.url, `/captions/texts/${locale}`)).text);
  expect(await texts('de')).toMatchObject({ locale: 'de', texts: { 'page.title': 'Untertitel' } });
  expect(await texts('xx')).toMatchObject({ locale: 'en', texts: { 'page.title': 'Captions' } });
});
