import { realClock } from '#src/base/clock.ts';
import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
import type { Engine } from './engine.ts';

export const chatStandIn: Engine<'chat'> = {
  role: 'chat',
  name: 'the built-in list',
  about: 'built-in stand-in',
  price: 'free',
  open() {
    const { wallMs } = realClock;
    const withBotName = (botName: string) =>
      createStandIn({ wallMs, random: Math.random, botName });
    return { ...withBotName(''), withBotName };
  },
};
