import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  converse,
  eventually,
  hearing,
  madeTexts,
  openOwnScenario,
  openScenario,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-004');
const waits = { sinceMs: 0, quietMs: 500, timeoutMs: 20_000 };
const rtl = '\u202e';
const zalgo = `z${'\u0310\u0334\u0352'.repeat(30)}algo`;

/** Every message the bot posted or edited may ping nobody, and did not. */
function expectNoPings({ sandbox }: ScenarioSetup, channels: readonly string[]): void {
  const messages = sandbox.requests().flatMap(({ method, path, body }) => {
    const isMessage = /\/callback$|\/webhooks\/|\/messages/.test(path);
    return isMessage && method !== 'DELETE' && method !== 'GET' ? [messageIn(body)] : [];
  });
  const written = messages.filter(({ content }) => content !== undefined);
  expect(written.length).toBeGreaterThan(0);
  for (const message of written) expect(message.allowed_mentions).toMatchObject({ parse: [] });
  for (const { users, roles } of written.flatMap(({ allowed_mentions: one }) => one ?? [])) {
    expect([...(users ?? []), ...(roles ?? [])]).toEqual([]);
  }
  const shown = channels.flatMap((channel) => sandbox.messages(channel));
  expect(shown.flatMap(({ pings }) => pings)).toEqual([]);
}

type Body = {
  readonly content?: string;
  readonly allowed_mentions?: { readonly users?: string[]; readonly roles?: string[] };
};

/** Message in a body; a callback has it in `data`. */
function messageIn(body: unknown): Body {
  const { data, ...rest } = (body ?? {}) as Body & { readonly data?: Body };
  return data ?? rest;
}

scenario(
  'whatever people are called and type, nobody is pinged and nothing is obeyed',
  async () => {
    const evil = `@everyone <@&1> **Bold** [x](https://evil.example) ${rtl}txt.exe ${zalgo} \u0000`;
    const replies = [{ match: /^/, text: `@everyone @here ${evil}` }];
    await using setup = await openScenario({ providers: { replies } });
    const { sandbox } = setup;
    const olga = sandbox.person('Olga');
    await olga.join('Lounge', soon());
    const name = `@everyone ${rtl}**${zalgo}**`;
    const mallory = await seat(setup, name);
    const mentions = `@everyone @here <@${olga.id}> <@&${sandbox.guildId}>`;
    const panel = await commandReply(mallory, 'join');
    expect(panel.text).toContain('Not heard yet: Olga');
    expect(panel.text).not.toMatch(/@everyone|\u202e|[^\\]\*\*/);
    const asked = await commandReply(mallory, 'ask', {
      question: `${mentions} ${evil}`,
      answer: 'text',
    });
    expect(asked.text).not.toMatch(/@everyone|\u202e|[^\\]\*\*/);
    expect(asked.text).not.toContain('[x](');
    expect(asked.text).not.toMatch(/(\u0310|\u0334|\u0352){5}/);
    expect(await commandReply(mallory, 'help', { topic: mentions })).toMatchObject({
      ephemeral: true,
    });
    expect(await commandReply(mallory, 'say', { text: `${mentions} hello` })).toMatchObject(
      whispered('say.now'),
    );
    await mallory.listen(waits, soon());
    await commandReply(mallory, 'leave');
    expect(madeTexts(setup).join(' ')).toContain('hello');
    expectNoPings(setup, ['general', 'Lounge']);
  },
);

scenario(
  'more than Discord lets anybody type is cut, and what cannot be said is told',
  async () => {
    await using setup = await openScenario({
      providers: { replies: [{ match: /^/, text: 'word '.repeat(3_000) }] },
    });
    const adam = await callIn(setup, 'Adam');
    const long = 'a long text that goes on and on '.repeat(3_200);
    expect(long.length).toBeGreaterThan(100_000);
    expect(await commandReply(adam, 'say', { text: long })).toMatchObject(whispered('say.now'));
    await hearing(adam);
    expect(await commandReply(adam, 'stop')).toMatchObject(whispered('stop.ok'));
    await adam.listen(waits, soon());
    expect(madeTexts(setup).join(' ').length).toBeLessThanOrEqual(1_000);
    for (const words of [rtl, '\u200b\u200b', '***', '```x```', '\u{1f642}', '\u0000']) {
      expect(await commandReply(adam, 'say', { text: words })).toMatchObject(
        whispered('say.empty'),
      );
    }
    const answer = await commandReply(adam, 'ask', { question: long, answer: 'only me' });
    expect(answer.ephemeral).toBe(true);
    expect(answer.text.length).toBeLessThanOrEqual(2_000);
    expectNoPings(setup, ['general']);
  },
);

scenario('an interaction that arrives twice is answered and obeyed once', async () => {
  await using setup = await openScenario();
  const adam = await callIn(setup, 'Adam');
  const { faults } = setup.sandbox;
  faults.event({ event: 'INTERACTION_CREATE', copies: 2 });
  expect(await commandReply(adam, 'say', { text: 'only once please' })).toMatchObject(
    whispered('say.now'),
  );
  const heard = await adam.listen({ ...waits, quietMs: 1_000 }, soon());
  await expectAlike(heard.pcm, toneOf(['only once please']));
  expect(madeTexts(setup)).toEqual(['only once please']);
  const callbacks = setup.sandbox.requests().filter(({ path }) => path.endsWith('/callback'));
  expect(callbacks).toHaveLength(2);
  for (const { status } of callbacks) expect(status).toBeLessThan(300);
});

scenario('buttons nobody knows, and messages that are gone, are answered in private', async () => {
  await using setup = await openScenario();
  const adam = await seat(setup, 'Adam');
  const lost = (customId: string) => adam.pressLost(customId).answered(soon());
  const unknown = whispered('generic', { code: 'unknown' });
  expect(await lost('parley:dance')).toMatchObject(unknown);
  expect(await lost('somebody-elses')).toMatchObject(unknown);
  expect(await lost('parley:stop')).toMatchObject(whispered('leave.nowhere'));
  expect(await lost('parley:consent.always')).toMatchObject(whispered('privacy.allowed'));
});

scenario(
  'whoever sits elsewhere is told so, once and in private, and changes nothing',
  async () => {
    await using setup = await openScenario();
    const { sandbox } = setup;
    const adam = await seat(setup, 'Adam');
    const panel = await commandReply(adam, 'join');
    const cleo = sandbox.person('Cleo');
    const barred = whispered('perm.room', { channel: 'Lounge' });
    const words = { say: { text: 'Hello' }, ask: { question: 'Who?' } };
    for (const line of ['leave', 'stop', 'privacy pause', 'privacy resume'] as const) {
      expect(await commandReply(cleo, line)).toMatchObject(barred);
    }
    expect(await commandReply(cleo, 'say', words.say)).toMatchObject(barred);
    expect(await commandReply(cleo, 'ask', words.ask)).toMatchObject(barred);
    for (const name of ['stop', 'pause']) {
      expect(await pressed(cleo, panel, name)).toMatchObject(barred);
    }
    expect(sandbox.bot().channel).toBe('Lounge');
    expect(setup.providers.requests).toEqual([]);
  },
);

scenario('trouble in one server is not noticed in another', async () => {
  const replies = [{ match: /^/, text: 'Yes of course' }];
  const guilds = [{ guildName: 'Next door', ownerName: 'Otto' }];
  await using setup = await openScenario({ providers: { replies }, guilds });
  const { sandbox } = setup;
  const there = sandbox.guild('Next door');
  const [adam, nora] = [await callIn(setup, 'Adam'), there.person('Nora')];
  await nora.join('Workshop', soon());
  expect((await commandReply(nora, 'join')).text).toContain(
    text('join.ok', { channel: 'Workshop' }),
  );
  await nora.settled(soon());
  const conversation = converse(setup, adam, question);
  expect(await commandReply(nora, 'say', { text: 'lecture '.repeat(50) })).toMatchObject(
    whispered('say.now'),
  );
  expect(await commandReply(nora, 'stop')).toMatchObject(whispered('stop.ok'));
  there.removeChannel('Workshop');
  const { heard } = await conversation;
  await expectAlike(heard.pcm, toneOf(['Yes of course']));
  expect(sandbox.bot().channel).toBe('Lounge');
  await eventually(() => expect(there.bot().channel).toBeUndefined());
  await nora.join('Lounge', soon());
  expect((await commandReply(nora, 'join')).text).toContain(text('join.ok', { channel: 'Lounge' }));
});

scenario('of a broken table of texts one sentence tells, and everything else goes on', async () => {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-texts-'));
  stack.defer(() => rm(dataDir, { recursive: true }));
  const folder = join(dataDir, 'texts');
  await mkdir(folder);
  await writeFile(join(folder, 'de.json'), '{ "stop.nothing": "Ruhe ist schon.", "say.now": 7 }');
  await writeFile(join(folder, 'fr.json'), '{ "stop.nothing": ');
  const setup = stack.use(await openOwnScenario({ environment: { DATA_DIR: dataDir } }));
  const complaints = setup.bot.log.flatMap(({ level, msg = '' }) => (level === 40 ? [msg] : []));
  expect(complaints).toEqual([
    expect.stringMatching(/de\.json is used without 1 of its texts: say\.now: it is not a text\.$/),
    expect.stringMatching(/fr\.json is not used: it is not a JSON object of texts by id\.$/),
  ]);
  const { sandbox } = setup;
  const adam = sandbox.person('Adam', { locale: 'de' });
  await adam.join('Lounge', soon());
  await commandReply(adam, 'join');
  expect(await commandReply(adam, 'stop')).toEqual(
    expect.objectContaining({ text: 'Ruhe ist schon.' }),
  );
  expect(await commandReply(adam, 'say', { text: 'Hallo' })).toMatchObject(
    whispered('say.now', {}, 'de'),
  );
  const fleur = sandbox.person('Fleur', { locale: 'fr' });
  await fleur.join('Lounge', soon());
  await commandReply(adam, 'stop');
  expect(await commandReply(fleur, 'stop')).toMatchObject(whispered('stop.nothing', {}, 'fr'));
});
