import { expect } from 'vitest';
import { loadOpus } from '#src/audio/load-opus.ts';
import type { Person } from '#src/sandbox/person.ts';
import type { VoiceHalf } from '#src/sandbox/sandbox.ts';
import { connectVoice } from '#src/sandbox/voice-client.ts';
import { openVoiceServer } from '#src/sandbox/voice-server.ts';
import { speech } from '#test/audio/speech.ts';
import { expectAlike } from './likeness.ts';
import {
  call,
  callIn,
  converse,
  eventually,
  openScene,
  type Scene,
  scenario,
  soon,
} from './scene.ts';

const question = speech('human-cards-001');
const replies = [{ match: /^/, text: 'Yes, of course.' }];
const stepMs = 20_000;

async function expectConversation(scene: Scene, person: Person): Promise<void> {
  const { uttered, heard, made } = await converse(scene, person, question);
  await expectAlike(uttered, question);
  await expectAlike(heard.pcm, made);
}

scenario('a gateway that breaks and is resumed while somebody speaks changes nothing', async () => {
  await using scene = await openScene({ providers: { replies } });
  const adam = await callIn(scene, 'Adam');
  const resumed = scene.bot.logged(({ what }) => what === 'resumed', stepMs);
  const { sentPackets } = adam.counts();
  const conversation = expectConversation(scene, adam);
  await eventually(() => expect(adam.counts().sentPackets).toBeGreaterThan(sentPackets + 20));
  scene.sandbox.faults.dropGateway();
  await Promise.all([conversation, resumed]);
  expect(scene.sandbox.bot()).toEqual({ online: true, channel: 'Lounge' });
  const left = await adam.command('leave').answered(soon());
  expect(left.text).toMatch(/^Left Lounge/);
});

scenario('a gateway session that is over ends the call, and the next /join works', async () => {
  await using scene = await openScene({ providers: { replies } });
  const adam = await callIn(scene, 'Adam');
  scene.sandbox.faults.endSessions();
  await scene.bot.logged(({ msg }) => msg === 'left', stepMs);
  await eventually(() => expect(scene.sandbox.bot().online).toBe(true));
  await call(adam);
  await expectConversation(scene, adam);
});

scenario('a bot that a moderator sends away stays away until it is called again', async () => {
  await using scene = await openScene({ providers: { replies } });
  const adam = await callIn(scene, 'Adam');
  scene.sandbox.faults.disconnectBot();
  await scene.bot.logged(({ msg }) => msg === 'left', stepMs);
  expect(scene.sandbox.bot()).toEqual({ online: true, channel: undefined });
  await call(adam);
  await expectConversation(scene, adam);
});

scenario('a bot that a moderator moves does not speak where nobody called it', async () => {
  await using scene = await openScene({ providers: { replies } });
  const adam = await callIn(scene, 'Adam');
  scene.sandbox.faults.moveBot('Workshop');
  await scene.bot.logged(({ msg }) => msg === 'left', stepMs);
  await eventually(() => expect(scene.sandbox.bot().channel).toBeUndefined());
  await call(adam);
  await expectConversation(scene, adam);
});

scenario('a bot that is asked to stop leaves its channel first, whatever hangs', async () => {
  const onlineAtLeaving: boolean[] = [];
  const voice = watchedVoice(() => onlineAtLeaving.push(scene.sandbox.bot().online));
  const providers = { trouble: { chat: 'stalled' } } as const;
  await using scene = await openScene({ providers, sandbox: { voice } });
  const adam = await callIn(scene, 'Adam');
  await adam.say(question, soon());
  const endpoints = () => scene.providers.requests.map(({ endpoint }) => endpoint);
  await eventually(() => expect(endpoints()).toContain('chat'));
  expect(await scene.bot.stop()).toBe(0);
  expect(onlineAtLeaving).toEqual([true]);
});

/** The sandbox's own voice, which tells when the server ends somebody's call. */
function watchedVoice(onExpel: () => void): VoiceHalf {
  return {
    async open(options) {
      const server = await openVoiceServer(options);
      const { endpoint, certificate, faults } = server;
      return {
        endpoint,
        certificate,
        faults,
        admit: (ticket) => server.admit(ticket),
        expel(guildId, userId, closeCode) {
          onExpel();
          server.expel(guildId, userId, closeCode);
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
    connect: connectVoice,
    codec: () => loadOpus(),
  };
}
