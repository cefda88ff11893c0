import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { text } from '#src/texts/texts.ts';
import { vacantPort } from '#test/fakes/program.ts';
import { openLineStream } from '#test/page/line-stream.ts';
import { commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import { captioned, Sayings, turnOn } from '#test/scenarios/setup/captioning.ts';
import {
  eventually,
  openOwnScenario,
  returned,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';
import { ask, cookieOf, enter, refusalOf } from '#test/web/http/open-page.ts';

const replies = [{ match: /^/, text: 'Yes.' }];
const publicUrl = new URL('https://page.example');
const ours = { host: publicUrl.host, origin: publicUrl.origin };

/** A bot with a page, where Adam and these people sit with captions on. */
async function openSetup(sayings: Sayings<string>, names: readonly string[]) {
  const port = await vacantPort();
  const environment = {
    PAGE_PORT: `${port}`,
    PAGE_URL: publicUrl.href,
    COMMANDS_PER_PERSON: '0',
    LOG_LEVEL: 'debug',
  };
  const providers = { ...sayings.providers, replies };
  const setup = await openOwnScenario({ environment, providers });
  const people = await captioned(setup, names);
  return { setup, people, url: new URL(`http://127.0.0.1:${port}`) };
}

async function keyFor(person: SandboxPerson): Promise<string> {
  const reply = await commandReply(person, 'captions page');
  expect(reply.ephemeral).toBe(true);
  const link = new URL(/<(https:[^\s>]+)>/.exec(reply.text)?.[1] ?? 'none:');
  expect(`${link.origin}${link.pathname}${link.search}`).toBe(publicUrl.href);
  return new URLSearchParams(link.hash.slice(1)).get('key') ?? '';
}

async function cookieFor(url: URL, person: SandboxPerson): Promise<string> {
  return cookieOf(await enter(url, await keyFor(person), ours));
}

/** A page of this person, once it has its first lines. */
async function reads(url: URL, person: SandboxPerson) {
  const cookie = await cookieFor(url, person);
  const stream = openLineStream(url, publicUrl.host, cookie);
  await eventually(() => expect(stream.text).toContain('event: lines'));
  return { cookie, stream };
}

async function refused(url: URL, cookie: string): Promise<string> {
  const reply = await ask(url, '/captions/events', { host: publicUrl.host, cookie });
  return refusalOf(reply)[1];
}

/** All files that the bot keeps but transcripts, and all that it logged. */
async function tracesOf({ bot, dataDir }: ScenarioSetup): Promise<string> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile() && !one.name.startsWith('transcripts'));
  const bytes = files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1'));
  return [JSON.stringify(bot.log), bot.complaints, ...(await Promise.all(bytes))].join('\n');
}

scenario(
  'each reads on a page of their own, until rights, forget or the end of captions',
  async () => {
    const sayings = new Sayings(['quagga canary', 'okapi canary', 'tapir canary']);
    const { setup, people, url } = await openSetup(sayings, ['Ben', 'Cleo', 'Dora']);
    await using _setup = setup;
    const [adam, ben, cleo, dora] = people;
    if (!ben || !cleo || !dora) throw new Error('Nobody came.');
    const [his, hers] = [await reads(url, ben), await reads(url, cleo)];
    const last = await reads(url, dora);
    await sayings.say(adam, 'quagga canary');
    for (const { stream } of [his, hers, last])
      await eventually(() =>
        expect(stream.text).toContain('"text":"quagga canary","state":"final"'),
      );
    expect(his.stream.text).not.toContain(hers.cookie);

    // A channel that becomes private for who has left it.
    await ben.leave();
    const guild = setup.sandbox.guild();
    guild.permit('Lounge', 'Ben', { deny: ['viewChannel'] });
    await eventually(() => expect(his.stream.text).toMatch(/event: ended\ndata: rights\n/));
    await sayings.say(adam, 'okapi canary');
    await eventually(() => expect(hers.stream.text).toContain('okapi canary'));
    expect(his.stream.text).not.toContain('okapi');
    expect(await refused(url, his.cookie)).toBe('session.none');
    expect(await commandReply(ben, 'captions page')).toMatchObject(
      whispered('captions.page.barred', { channel: 'Lounge' }),
    );

    await pressed(cleo, await commandReply(cleo, 'privacy forget'), 'forget.confirm');
    await eventually(() => expect(hers.stream.text).toMatch(/event: ended\ndata: forgotten\n/));
    expect(await refused(url, hers.cookie)).toBe('session.none');

    await commandReply(adam, 'captions off');
    await eventually(() => expect(last.stream.text).toMatch(/event: ended\ndata: off\n/));
    expect(await refused(url, last.cookie)).toBe('session.none');
    expect(await commandReply(dora, 'captions page')).toMatchObject(whispered('captions.page.off'));

    const traces = await tracesOf(setup);
    for (const word of ['quagga', 'okapi', his.cookie, hers.cookie, last.cookie])
      expect(traces, word).not.toContain(word);
  },
);

scenario('a preview uses no link up, a block ends the page, and a restart ends all', async () => {
  const sayings = new Sayings(['bread and wine']);
  const { setup, people, url } = await openSetup(sayings, ['Ben', 'Cleo']);
  await using _setup = setup;
  const [adam, ben, cleo] = people;
  if (!ben || !cleo) throw new Error('Nobody came.');
  const key = await keyFor(ben);
  for (const method of ['GET', 'HEAD', 'GET']) {
    const agent = { host: publicUrl.host, 'user-agent': 'Discordbot/2.0' };
    expect((await ask(url, '/', agent, { method })).status).toBe(200);
  }
  const entered = await enter(url, key, ours);
  expect([entered.status, refusalOf(await enter(url, key, ours))[1]]).toEqual([200, 'link.used']);
  const his = openLineStream(url, publicUrl.host, cookieOf(entered));
  await eventually(() => expect(his.text).toContain('event: lines'));
  const olga = setup.sandbox.person('Olga');
  const blocking = await commandReply(olga, 'settings set', {
    key: 'blocked',
    value: `<@${ben.id}>`,
  });
  expect(blocking.text).toContain(ben.id);
  await eventually(() => expect(his.text).toMatch(/event: ended\ndata: rights\n/));

  const hers = await reads(url, cleo);
  await setup.restart();
  await returned(setup, adam, cleo);
  await turnOn(adam);
  await eventually(async () => expect(await refused(url, hers.cookie)).toBe('session.none'));
  const again = await reads(url, cleo);
  await sayings.say(adam, 'bread and wine');
  await eventually(() => expect(again.stream.text).toContain('bread and wine'));
  await commandReply(adam, 'leave');
  await eventually(() => expect(again.stream.text).toMatch(/event: ended\ndata: off\n/));
  expect(text('page.ended.off')).toContain('/captions page');
  await cleo.settled(soon());
});
