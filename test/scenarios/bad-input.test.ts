import { expect } from 'vitest';
import { commandReply, whispered } from '#test/scenarios/setup/asking.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  hearing,
  madeTexts,
  openScenario,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

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
