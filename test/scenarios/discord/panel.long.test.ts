import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { storePath } from '#src/storage/store.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { instantPace } from '#test/fakes/providers/providers.ts';
import { buttonsOf, commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  eventually,
  openScenario,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

/** Message as Discord would show it now. */
function now({ sandbox }: ScenarioSetup, { id }: ShownMessage): ShownMessage {
  const message = sandbox.message(id);
  if (!message) throw new Error('The panel is gone.');
  return message;
}

/** Whether the second line of a panel was each of these, one after the other. */
function wentThrough(states: readonly string[], first: string, { edits }: ShownMessage): boolean {
  const all = [first, ...edits.map((edit) => edit.text)].map((words) => words.split('\n')[1]);
  let from = 0;
  return states.every((state) => {
    const at = all.indexOf(state, from);
    from = at + 1;
    return at >= 0;
  });
}

/** Empties the table of seats, as a run before there were seats in the store leaves it. */
function forgetSeats({ dataDir }: ScenarioSetup): void {
  using sqlite = new DatabaseSync(storePath(dataDir));
  sqlite.exec('DELETE FROM seats');
}

function storedPanels({ dataDir }: ScenarioSetup): unknown {
  using sqlite = new DatabaseSync(storePath(dataDir), { readOnly: true });
  return sqlite.prepare('SELECT count(*) AS n FROM panels').get()?.n;
}

scenario('the panel follows a turn', async () => {
  const pace = { ...instantPace, recogniseMs: 2_500 };
  const answer = 'The answer takes as long to say as this sentence, or longer';
  const replies = [{ match: /^/, text: answer }];
  await using setup = await openScenario({ providers: { replies, pace } });
  const adam = await seat(setup, 'Adam');
  const panel = await commandReply(adam, 'join');
  await adam.settled(soon());
  const states = [
    text('panel.listening'),
    text('panel.hearing', { name: 'Adam' }),
    text('panel.thinking'),
    text('panel.speaking', { name: 'Adam' }),
    text('panel.listening'),
  ];
  await adam.say(speech('human-librivox-0880'), soon());
  await eventually(() => expect(wentThrough(states, panel.text, now(setup, panel))).toBe(true));
  const shown = now(setup, panel);
  expect(shown.text).toMatch(/^Last answer after \d+ ms, /m);
  expect(shown.text).toContain(text('panel.people.yes', { names: 'Adam' }));
});

scenario('every button of the panel answers whoever presses it, in private', async () => {
  await using setup = await openScenario();
  const [ben, adam] = [await seat(setup, 'Ben'), await seat(setup, 'Adam')];
  const panel = await commandReply(adam, 'join');
  const presses = (name: string, person = adam) => pressed(person, now(setup, panel), name);
  const showing = (words: string) =>
    eventually(() => expect(now(setup, panel).text.split('\n')).toContain(words));
  expect(buttonsOf(now(setup, panel)).map(([, label]) => label)).toEqual(
    (
      ['ask', 'stop', 'pause', 'captions', 'privacy', 'hear_me', 'not_me', 'hide_name'] as const
    ).map((id) => text(`button.${id}`)),
  );
  expect(await presses('stop')).toMatchObject(whispered('stop.nothing'));
  expect(await presses('pause', setup.sandbox.person('Cleo'))).toMatchObject(
    whispered('perm.room', { channel: 'Lounge' }),
  );
  expect(await presses('pause')).toMatchObject(whispered('privacy.paused'));
  await showing(text('panel.paused'));
  expect(buttonsOf(now(setup, panel))[2]).toEqual(['resume', text('button.resume')]);
  expect(await presses('resume')).toMatchObject(whispered('privacy.resumed'));
  await showing(text('panel.listening'));
  const card = await presses('privacy', ben);
  expect(card.ephemeral).toBe(true);
  expect(card.text).toContain(text('privacy.card'));
  expect(card.text).toContain(
    text('privacy.status', { yes: text('privacy.no'), n: 0, memories: 0, m: 0 }),
  );
  await showing(text('panel.people.unasked', { names: 'Ben' }));
  expect(await presses('consent.always', ben)).toMatchObject(whispered('privacy.allowed'));
  await showing(text('panel.people.yes', { names: 'Ben, Adam' }));
  expect(await presses('consent.never', ben)).toMatchObject(whispered('privacy.denied'));
  await showing(text('panel.people.no', { n: 1 }));
  expect(await pressed(ben, card, 'consent.always')).toMatchObject(whispered('privacy.allowed'));
  await showing(text('panel.people.yes', { names: 'Ben, Adam' }));
  expect(now(setup, panel).text).not.toContain(text('panel.people.no', { n: 1 }));
});

scenario('the stop button of the panel silences the bot', async () => {
  const lecture = 'This takes much longer to say than anybody would want to listen to it';
  await using setup = await openScenario();
  const adam = await seat(setup, 'Adam');
  const panel = await commandReply(adam, 'join');
  await adam.settled(soon());
  await commandReply(adam, 'say', { text: lecture });
  const speaking = text('panel.speaking', { name: 'Lounge' });
  await eventually(() => expect(now(setup, panel).text).toContain(speaking));
  const asked = adam.press(now(setup, panel), 'parley:stop');
  expect(await asked.answered(soon())).toMatchObject(whispered('stop.ok'));
  const waits = { sinceMs: 0, quietMs: 500, timeoutMs: 10_000 };
  const heard = await adam.listen(waits, soon());
  expect(heard.lastAtMs - asked.sentAtMs).toBeLessThan(500);
});

scenario(
  'buttons of a former run still work, and an old panel says where the new one is',
  async () => {
    await using setup = await openScenario();
    const [adam, ben] = [await seat(setup, 'Adam'), await seat(setup, 'Ben')];
    const panel = await commandReply(adam, 'join');
    await commandReply(adam, 'leave');
    await setup.restart();
    await eventually(() => expect(now(setup, panel).text).toBe(text('panel.left')));
    const presses = (name: string, person = ben) => pressed(person, now(setup, panel), name);
    expect(await presses('stop')).toMatchObject(whispered('leave.nowhere'));
    expect(await presses('pause')).toMatchObject(whispered('leave.nowhere'));
    expect(await presses('consent.always')).toMatchObject(whispered('privacy.allowed'));
    expect((await presses('privacy')).text).toContain('Hearing you: yes.');
    expect((await presses('privacy', adam)).text).toContain('Hearing you: no.');
    const next = await commandReply(adam, 'join');
    expect(next.text).toContain(text('panel.people.yes', { names: 'Adam, Ben' }));
    const { guildId, sandbox } = { ...setup, guildId: setup.sandbox.guildId };
    const link = `https://discord.com/channels/${guildId}/${sandbox.channelId('general')}/${next.id}`;
    await eventually(() => expect(now(setup, panel).text).toBe(text('panel.moved', { link })));
    expect(buttonsOf(now(setup, panel))).toEqual([]);
  },
);

scenario(
  'a bot that was killed and knows of no seat gives it up when it starts again, and its panel says so',
  async () => {
    await using setup = await openScenario();
    const adam = await seat(setup, 'Adam');
    const panel = await commandReply(adam, 'join');
    await commandReply(adam, 'privacy allow');
    await eventually(() => expect(storedPanels(setup)).toBe(1));
    await setup.bot.kill();
    expect(setup.sandbox.bot().channel).toBe('Lounge');
    forgetSeats(setup);
    await setup.restart();
    await eventually(() => expect(setup.sandbox.bot().channel).toBeUndefined());
    const words = [text('panel.left'), text('panel.restarted', { channel: 'Lounge' })];
    await eventually(() => expect(now(setup, panel).text).toBe(words.join('\n')));
  },
);

scenario('when the bot is called elsewhere the former panel says where to', async () => {
  await using setup = await openScenario();
  const adam = await callIn(setup, 'Adam');
  await adam.leave();
  const [panel] = setup.sandbox.messages('general');
  if (!panel) throw new Error('no panel');
  await adam.join('Workshop', soon());
  const next = await commandReply(adam, 'join');
  await eventually(() => expect(now(setup, panel).text).toContain(`/${next.id}`));
  await eventually(() => {
    expect(now(setup, next).text).toContain(text('join.ok', { channel: 'Workshop' }));
  });
  await commandReply(adam, 'leave');
  await eventually(() => expect(now(setup, next).text).toBe(text('panel.left')));
});

scenario('whoever presses Ask may go ahead, once they have agreed to be heard', async () => {
  await using setup = await openScenario();
  const [ben, adam] = [await seat(setup, 'Ben'), await seat(setup, 'Adam')];
  const panel = await commandReply(adam, 'join');
  const window = { name: 'Adam', s: 15 };
  expect(await pressed(adam, panel, 'ask')).toMatchObject(whispered('ask.window', window));
  const goAhead = text('panel.asked', { name: 'Adam' });
  await eventually(() => expect(now(setup, panel).text.split('\n')).toContain(goAhead));
  const refused = await pressed(ben, panel, 'ask');
  expect(refused).toMatchObject(whispered('ask.unheard'));
  expect(await pressed(ben, refused, 'consent.always')).toMatchObject(whispered('privacy.allowed'));
  const benWindow = whispered('ask.window', { name: 'Ben', s: 15 });
  expect(await pressed(ben, panel, 'ask')).toMatchObject(benWindow);
  await eventually(() => expect(now(setup, panel).text).not.toContain(goAhead));
});
