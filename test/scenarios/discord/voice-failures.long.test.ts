import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { PathFaults } from '#sandbox/voice/voice-ports.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  call,
  callIn,
  converse,
  eventually,
  hearAnswer,
  openScenario,
  pass,
  type ScenarioSetup,
  scenario,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const answer = 'Yes of course';
const replies = [{ match: /^/, text: answer }];

const waits = { quietMs: 500, timeoutMs: 20_000 };

/** Says something and hears all of the answer. */
async function expectAnswer(person: SandboxPerson): Promise<void> {
  const { firstPacketAtMs: sinceMs } = await person.say(question, soon());
  const { pcm } = await hearAnswer(person, sinceMs);
  await expectAlike(pcm, toneOf([answer]));
}

/** Both sides hear what the other says. */
async function expectConversation(setup: ScenarioSetup, person: SandboxPerson): Promise<void> {
  const { uttered, heard, made } = await converse(setup, person, question);
  await expectAlike(uttered, question);
  await expectAlike(heard.pcm, made);
}

/** In each server somebody who has called the bot. */
function inEach(setup: ScenarioSetup, names: readonly string[]): Promise<readonly SandboxPerson[]> {
  const people = names.map(async (name) => {
    const person = setup.sandbox.guild(name).person(`Somebody of ${name}`);
    await person.join('Lounge', soon());
    await call(setup, person);
    return person;
  });
  return Promise.all(people);
}

/** Close codes, by name of the server where it happens: all come back but those that Discord will not have. */
const codes = ['4004', '4006', '4011', '4014', '4015', '4016', '4017', '4020', '4021', '4022'];
const refused = ['4016', '4017'];
/** Discord wants to be left alone for a minute. */
const resting = '4021';

scenario(
  'after each kind of close code a call is joined anew once, at the latest when asked',
  async () => {
    const guilds = codes.map((guildName) => ({ guildName }));
    await using setup = await openScenario({ providers: { replies }, guilds });
    const { voiceRequests } = setup;
    const { botId } = setup.sandbox;
    const people = await inEach(setup, codes);
    const seatings = (code: string) => voiceRequests.seatings(setup.sandbox.guild(code).id, botId);
    for (const code of codes)
      voiceRequests.close(setup.sandbox.guild(code).id, botId, Number(code));
    await Promise.all(
      people.map(async (person, n) => {
        const code = codes[n] ?? '';
        const { bot, messages } = setup.sandbox.guild(code);
        if (code === resting) return;
        if (refused.includes(code)) {
          const notices = () => messages('Lounge').map((message) => message.text);
          await eventually(() => expect(notices()).toEqual([text('gave_up')]));
          expect(bot().channel).toBeUndefined();
          await call(setup, person);
        }
        await eventually(() => expect(seatings(code)).toBe(2));
        await person.settled(soon());
        await expectAnswer(person);
      }),
    );
    const once = (code: string) => [code, code === resting ? 1 : 2];
    expect(codes.map((code) => [code, seatings(code)])).toEqual(codes.map(once));
    expect(setup.bot.isRunning).toBe(true);
  },
);

const troubles: Readonly<Record<string, PathFaults>> = {
  'a fifth lost': { loss: 0.2 },
  'up to 80 ms late': { delayMs: 20, jitterMs: 80 },
  'out of order': { reorder: 0.3 },
  doubled: { duplicates: 0.5 },
  'without UDP': { dead: true },
};

scenario('packets lost, late, doubled, out of order or gone: afterwards all is well', async () => {
  const names = Object.keys(troubles);
  const guilds = names.map((guildName) => ({ guildName }));
  await using setup = await openScenario({ providers: { replies }, guilds });
  const people = await inEach(setup, names);
  const { voice } = setup.sandbox.faults;
  await Promise.all(
    people.map(async (person, n) => {
      const way = troubles[names[n] ?? ''] ?? {};
      voice.network(person.id, { up: way, down: way });
      const { firstPacketAtMs: sinceMs } = await person.say(question, soon());
      if (way.dead) await pass(2_000);
      else await person.listen({ ...waits, sinceMs }, soon());
      voice.heal(person.id);
      await expectAnswer(person);
    }),
  );
});

scenario(
  'forged datagrams and a dead line of the bot itself keep nobody from being answered',
  async () => {
    await using setup = await openScenario({ providers: { replies } });
    const adam = await callIn(setup, 'Adam');
    const { botId, faults } = setup.sandbox;
    const forging = setInterval(() => {
      for (const datagram of ['junk', 'short', 'bad tag'] as const) {
        faults.voice.forge(botId, { from: 'server', datagram });
        faults.voice.forge(botId, { from: 'stranger', datagram });
      }
    }, 10);
    try {
      await expectConversation(setup, adam);
    } finally {
      clearInterval(forging);
    }
    faults.voice.network(botId, { up: { dead: true }, down: { dead: true } });
    await adam.say(question, soon());
    faults.voice.heal(botId);
    await expectConversation(setup, adam);
    await commandReply(adam, 'leave');
    const { counts } = await setup.bot.logged(({ msg }) => msg === 'link-closed', 10_000);
    const { unparsed } = counts as Readonly<Record<string, number>>;
    expect(unparsed).toBeGreaterThan(50);
  },
);
